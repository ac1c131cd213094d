//! Where bytes are kept, as the operator says it.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use crate::error::BlobError;

/// The bucket of the embedded store, and of a real one whose URL names none.
pub const DEFAULT_BUCKET: &str = "densach";
const DEFAULT_REGION: &str = "us-east-1";
const DEFAULT_ACCESS_KEY: &str = "densach";

/// Something that must not be printed: `Debug` hides it, and there is no `Display`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What the operator says about the store.
#[derive(Debug, Clone)]
pub struct BlobConfig {
    /// `file:PATH`, a folder of ours that no other process writes to, or `s3:https://HOST/BUCKET`, which may end in
    /// `?region=…&path_style=false`. Without a bucket it is [`DEFAULT_BUCKET`]. Path style is the default because every
    /// store answers it.
    pub url: String,
    /// Needed with `s3:`.
    pub access_key: Option<String>,
    /// Needed always. In the embedded store it signs what phones may read and write, so it must be secret, and it must
    /// stay the same, or the addresses that phones hold stop working.
    pub secret_key: Option<Secret>,
    /// The region that signatures name, where the URL does not; `us-east-1` if neither does.
    pub region: Option<String>,
    /// `https://HOST[:PORT]`, where phones reach the store: with `file:` the public address of the server, and needed;
    /// with `s3:` only where phones know the store by another address than we do.
    pub public_url: Option<String>,
}

/// A [`BlobConfig`], read and found well.
#[derive(Debug)]
pub(crate) struct Settings {
    pub place: Place,
    pub bucket: String,
    pub region: String,
    pub path_style: bool,
    pub access_key: String,
    pub secret_key: Secret,
    pub public_url: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Folder(PathBuf),
    Endpoint(String),
}

impl Settings {
    /// # Errors
    ///
    /// [`BlobError::Refused`] with the name of the setting that is wrong.
    pub(crate) fn read(config: &BlobConfig) -> Result<Self, BlobError> {
        let secret_key = config.secret_key.clone().ok_or_else(|| missing("blob.secret_key"))?;
        let public_url = match &config.public_url {
            Some(text) => Some(origin(&parse(text, "blob.public_url")?, "blob.public_url")?),
            None => None,
        };
        match config.url.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self {
                place: Place::Folder(path.into()),
                bucket: DEFAULT_BUCKET.to_owned(),
                region: config.region.clone().unwrap_or_else(|| DEFAULT_REGION.to_owned()),
                path_style: true,
                access_key: config.access_key.clone().unwrap_or_else(|| DEFAULT_ACCESS_KEY.to_owned()),
                secret_key,
                public_url: public_url.ok_or_else(|| missing("blob.public_url"))?,
            }),
            Some(("s3", address)) => {
                let access_key = config.access_key.clone().ok_or_else(|| missing("blob.access_key"))?;
                Self::remote(address, config.region.as_deref(), access_key, secret_key, public_url)
            }
            _ => Err(BlobError::refused("blob.url is neither file:PATH nor s3:https://HOST/BUCKET")),
        }
    }

    fn remote(
        address: &str,
        region: Option<&str>,
        access_key: String,
        secret_key: Secret,
        public_url: Option<String>,
    ) -> Result<Self, BlobError> {
        let mut url = parse(address, "blob.url")?;
        let mut region = region.unwrap_or(DEFAULT_REGION).to_owned();
        let mut path_style = true;
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("region", value) if !value.is_empty() => region = value.to_owned(),
                ("path_style", "true") => path_style = true,
                ("path_style", "false") => path_style = false,
                _ => return Err(BlobError::refused(format!("blob.url: what is {name}={value}?"))),
            }
        }
        let bucket = match url.path().trim_matches('/') {
            "" => DEFAULT_BUCKET.to_owned(),
            path if path.contains('/') => {
                return Err(BlobError::refused("blob.url names more than a bucket"));
            }
            path => path.to_owned(),
        };
        url.set_query(None);
        url.set_path("");
        let endpoint = origin(&url, "blob.url")?;
        let public_url = public_url.unwrap_or_else(|| endpoint.clone());
        let place = Place::Endpoint(endpoint);
        Ok(Self { place, bucket, region, path_style, access_key, secret_key, public_url })
    }
}

fn missing(name: &str) -> BlobError {
    BlobError::refused(format!("{name} is missing"))
}

fn parse(text: &str, name: &str) -> Result<Url, BlobError> {
    Url::parse(text).map_err(|error| BlobError::Refused {
        what: format!("{name} is no address"),
        source: Some(error.into()),
    })
}

/// `https://HOST[:PORT]`. A path is refused: the embedded store takes the first segment for the bucket, and a proxy that
/// strips a path breaks the signature of every request.
fn origin(url: &Url, name: &str) -> Result<String, BlobError> {
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if matches!(url.scheme(), "http" | "https") && url.has_host() && bare && anonymous {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(BlobError::refused(format!("{name} is more, or less, than https://HOST[:PORT]")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str, public_url: Option<&str>) -> BlobConfig {
        BlobConfig {
            url: url.to_owned(),
            access_key: Some("key".to_owned()),
            secret_key: Some(Secret::new("hush")),
            region: None,
            public_url: public_url.map(str::to_owned),
        }
    }

    #[test]
    fn a_folder_and_a_store_are_told_apart() -> Result<(), BlobError> {
        let embedded = Settings::read(&config("file:data/blobs", Some("https://sach.example:443/")))?;
        assert_eq!(embedded.place, Place::Folder("data/blobs".into()));
        assert_eq!((embedded.bucket.as_str(), embedded.path_style), ("densach", true));
        assert_eq!(embedded.public_url, "https://sach.example");

        let url = "s3:https://s3.example:3900/books?region=garage&path_style=false";
        let remote = Settings::read(&config(url, None))?;
        assert_eq!(remote.place, Place::Endpoint("https://s3.example:3900".to_owned()));
        assert_eq!((remote.bucket.as_str(), remote.region.as_str()), ("books", "garage"));
        assert_eq!((remote.path_style, remote.public_url.as_str()), (false, "https://s3.example:3900"));
        Ok(())
    }

    #[test]
    fn nonsense_is_refused_and_named() {
        let check = |url: &str, public_url: Option<&str>, wanted: &str| {
            let said = Settings::read(&config(url, public_url)).map_err(|error| error.to_string());
            assert!(matches!(&said, Err(text) if text.contains(wanted)), "{url}: {said:?}");
        };
        check("", None, "blob.url");
        check("file:", None, "blob.url");
        check("data/blobs", None, "blob.url");
        check("file:data", None, "blob.public_url");
        check("file:data", Some("https://sach.example/under"), "blob.public_url");
        check("file:data", Some("sach.example"), "blob.public_url");
        check("s3:https://key:hush@s3.example/books", None, "blob.url");
        check("s3:https://s3.example/books/more", None, "blob.url");
        check("s3:https://s3.example/books?pathstyle=true", None, "pathstyle");
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", config("file:data", None)).contains("hush"));
    }
}
