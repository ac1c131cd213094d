//! What every object store must do for us: one suite, run on the embedded store and on a real one.
//!
//! The real one is named by `DENSACH_TEST_S3_URL` (as `blob.url`), `DENSACH_TEST_S3_ACCESS_KEY` and
//! `DENSACH_TEST_S3_SECRET_KEY`; without them its half says that it was skipped. Every test names its own things, so
//! the bucket may be used by others meanwhile, and takes them away again only where that is what it tests.
#![expect(clippy::disallowed_methods, reason = "object storage judges signatures by the real clock")]

use std::error::Error;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::get_service;
use bytes::Bytes;
use densach_blob::{BlobConfig, BlobError, BlobKey, BlobKind, Blobs, MultipartId, Part, Secret};
use densach_domain::asset::Sha256;
use densach_domain::id::UploadId;
use futures::TryStreamExt;
use reqwest::StatusCode;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use uuid::Uuid;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const HOUR: Duration = Duration::from_secs(3600);
/// The smallest part that may be followed by another.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// A store, and a phone.
struct Stand {
    blobs: Blobs,
    phone: reqwest::Client,
    folder: Option<TempDir>,
}

impl Stand {
    async fn embedded() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let public_url = format!("http://{}", listener.local_addr()?);
        let blobs = Blobs::open(&embedded_config(&folder, &public_url)).await?;
        let service = blobs.embedded_service().ok_or("the embedded store has no service")?;
        let phones = get_service(service.clone()).put_service(service);
        let router: Router = Router::new().route(&format!("/{}/{{*key}}", blobs.bucket()), phones);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { blobs, phone: phone()?, folder: Some(folder) })
    }

    /// None when no real store is named.
    async fn real() -> Outcome<Option<Self>> {
        let Ok(url) = std::env::var("DENSACH_TEST_S3_URL") else {
            return Ok(None);
        };
        let config = BlobConfig {
            url,
            access_key: Some(std::env::var("DENSACH_TEST_S3_ACCESS_KEY")?),
            secret_key: Some(Secret::new(std::env::var("DENSACH_TEST_S3_SECRET_KEY")?)),
            region: None,
            public_url: None,
        };
        let blobs = Blobs::open(&config).await?;
        Ok(Some(Self { blobs, phone: phone()?, folder: None }))
    }

    async fn part_answer(
        &self,
        key: &BlobKey,
        id: &MultipartId,
        number: u32,
        body: &[u8],
    ) -> Outcome<StatusCode> {
        let url = self.blobs.part_url(key, id, number, HOUR).await?;
        Ok(self.phone.put(url).body(body.to_vec()).send().await?.status())
    }

    async fn send_part(&self, key: &BlobKey, id: &MultipartId, number: u32, body: &[u8]) -> Outcome {
        assert_eq!(self.part_answer(key, id, number, body).await?, StatusCode::OK);
        Ok(())
    }

    async fn sign_pdf(&self, key: &BlobKey, signed_at: SystemTime) -> Result<String, BlobError> {
        self.blobs.read_url(key, signed_at, HOUR, "Bài 1.pdf", "application/pdf").await
    }

    async fn part_sizes(&self, key: &BlobKey, id: &MultipartId) -> Outcome<Vec<(u32, u64)>> {
        let parts = self.blobs.part_list(key, id).await?;
        Ok(parts.iter().map(|part| (part.number, part.size_bytes)).collect())
    }

    async fn content(&self, key: &BlobKey) -> Outcome<Vec<u8>> {
        let chunks: Vec<Bytes> = self.blobs.read(key).await?.try_collect().await?;
        Ok(chunks.concat())
    }
}

/// Without the proxy that a machine may have set: the store is next door.
fn phone() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build()
}

fn embedded_config(folder: &TempDir, public_url: &str) -> BlobConfig {
    BlobConfig {
        url: format!("file:{}", folder.path().display()),
        access_key: None,
        secret_key: Some(Secret::new("known to the tests alone")),
        region: None,
        public_url: Some(public_url.to_owned()),
    }
}

fn new_upload() -> BlobKey {
    BlobKey::Upload(UploadId::from_uuid(Uuid::now_v7()))
}

fn new_asset() -> BlobKey {
    BlobKey::Asset(Sha256::of(Uuid::now_v7().as_bytes()))
}

/// Each behaviour is its own test on each store.
macro_rules! contract {
    ($($name:ident)*) => {
        mod embedded_store {
            $(
                #[tokio::test]
                async fn $name() -> super::Outcome {
                    super::$name(super::Stand::embedded().await?).await
                }
            )*
        }

        mod real_store {
            $(
                #[tokio::test]
                async fn $name() -> super::Outcome {
                    match super::Stand::real().await? {
                        Some(stand) => super::$name(stand).await,
                        None => {
                            super::skipped(stringify!($name));
                            Ok(())
                        }
                    }
                }
            )*
        }
    };
}

#[expect(clippy::print_stderr, reason = "a store that cannot be reached is named, not passed over")]
fn skipped(name: &str) {
    eprintln!("skipped on a real store, because DENSACH_TEST_S3_URL is not set: {name}");
}

contract! {
    the_store_is_well
    what_is_put_is_read_back
    a_file_is_put_whole
    an_empty_object_has_an_empty_start
    what_is_not_there_is_not_found
    a_copy_outlives_its_source
    deleting_twice_is_no_error
    the_quarantine_is_listed
    parts_are_sent_and_sent_on_after_a_break
    parts_out_of_order_are_refused_and_can_be_put_right
    a_part_number_out_of_range_is_refused
    an_upload_that_was_given_up_is_gone
    a_signed_address_is_stable_and_its_etag_too
    a_signed_address_answers_ranges
    an_address_that_was_tampered_with_is_refused
}

async fn the_store_is_well(stand: Stand) -> Outcome {
    stand.blobs.check().await?;
    Ok(())
}

async fn what_is_put_is_read_back(stand: Stand) -> Outcome {
    let key = new_upload();
    stand.blobs.put(&key, Bytes::from_static(b"WEBVTT\n"), "text/vtt").await?;
    let meta = stand.blobs.head(&key).await?.ok_or("it is not there")?;
    assert_eq!((meta.size_bytes, meta.media_type.as_str()), (7, "text/vtt"));
    assert!(meta.etag.len() > 2 && meta.etag.starts_with('"') && meta.etag.ends_with('"'), "{meta:?}");
    assert_eq!(stand.content(&key).await?, b"WEBVTT\n");
    assert_eq!(stand.blobs.read_start(&key, 3).await?, "WEB");
    assert_eq!(stand.blobs.read_start(&key, 512).await?, "WEBVTT\n");

    stand.blobs.put(&key, Bytes::from_static(b"other"), "text/vtt").await?;
    assert_eq!(stand.content(&key).await?, b"other");
    let later = stand.blobs.head(&key).await?.ok_or("it is gone")?;
    assert_ne!(later.etag, meta.etag);
    Ok(())
}

async fn a_file_is_put_whole(stand: Stand) -> Outcome {
    let key = new_asset();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), &bytes)?;
    stand.blobs.put_file(&key, file.path(), "video/mp4").await?;
    assert_eq!(stand.content(&key).await?, bytes);
    Ok(())
}

async fn an_empty_object_has_an_empty_start(stand: Stand) -> Outcome {
    let key = new_upload();
    stand.blobs.put(&key, Bytes::new(), "text/vtt").await?;
    assert_eq!(stand.blobs.head(&key).await?.ok_or("it is not there")?.size_bytes, 0);
    assert!(stand.blobs.read_start(&key, 512).await?.is_empty());
    assert!(stand.content(&key).await?.is_empty());
    Ok(())
}

async fn what_is_not_there_is_not_found(stand: Stand) -> Outcome {
    let (nothing, other) = (new_upload(), new_asset());
    assert_eq!(stand.blobs.head(&nothing).await?, None);
    assert!(matches!(stand.blobs.read(&nothing).await, Err(BlobError::NotFound(_))));
    assert!(matches!(stand.blobs.read_start(&nothing, 8).await, Err(BlobError::NotFound(_))));

    stand.blobs.put(&other, Bytes::from_static(b"kept"), "text/vtt").await?;
    let before = stand.blobs.head(&other).await?;
    let copied = stand.blobs.copy(&nothing, &other, "video/mp4").await;
    assert!(matches!(copied, Err(BlobError::NotFound(_))), "{copied:?}");
    assert_eq!(stand.blobs.head(&other).await?, before);
    Ok(())
}

async fn a_copy_outlives_its_source(stand: Stand) -> Outcome {
    let (upload, asset) = (new_upload(), new_asset());
    stand.blobs.put(&upload, Bytes::from_static(b"%PDF-1.7"), "application/octet-stream").await?;
    for _ in 0..2 {
        stand.blobs.copy(&upload, &asset, "application/pdf").await?;
    }
    stand.blobs.put(&upload, Bytes::from_static(b"something else"), "text/vtt").await?;
    stand.blobs.delete(&upload).await?;
    let meta = stand.blobs.head(&asset).await?.ok_or("the copy went with its source")?;
    assert_eq!((meta.size_bytes, meta.media_type.as_str()), (8, "application/pdf"));
    assert_eq!(stand.content(&asset).await?, b"%PDF-1.7");
    Ok(())
}

async fn deleting_twice_is_no_error(stand: Stand) -> Outcome {
    let key = new_upload();
    stand.blobs.put(&key, Bytes::from_static(b"x"), "text/vtt").await?;
    stand.blobs.delete(&key).await?;
    assert_eq!(stand.blobs.head(&key).await?, None);
    stand.blobs.delete(&key).await?;
    Ok(())
}

async fn the_quarantine_is_listed(stand: Stand) -> Outcome {
    let (upload, asset) = (new_upload(), new_asset());
    for key in [upload, asset] {
        stand.blobs.put(&key, Bytes::from_static(b"three"), "text/vtt").await?;
    }
    let listed = stand.blobs.list(BlobKind::Upload).await?;
    let entry = listed.iter().find(|entry| entry.key == upload).ok_or("it is not listed")?;
    assert_eq!(entry.size_bytes, 5);
    assert!(entry.modified_at > SystemTime::UNIX_EPOCH);
    assert!(listed.iter().all(|entry| entry.key.kind() == BlobKind::Upload));
    Ok(())
}

async fn parts_are_sent_and_sent_on_after_a_break(stand: Stand) -> Outcome {
    let key = new_upload();
    let (first, second) = (vec![b'a'; PART_BYTES], b"the end".to_vec());
    let id = stand.blobs.multipart_begin(&key, "video/mp4").await?;
    assert!(stand.part_sizes(&key, &id).await?.is_empty());
    stand.send_part(&key, &id, 2, b"the e").await?;
    assert_eq!(stand.part_sizes(&key, &id).await?, [(2, 5)]);

    // The phone comes back, knowing no more than the store tells, and sends what is missing or wrong.
    let id = MultipartId::new(id.as_str());
    stand.send_part(&key, &id, 2, &second).await?;
    stand.send_part(&key, &id, 1, &first).await?;
    assert_eq!(stand.part_sizes(&key, &id).await?, [(1, PART_BYTES as u64), (2, 7)]);
    assert_eq!(stand.blobs.head(&key).await?, None);

    let parts = stand.blobs.part_list(&key, &id).await?;
    stand.blobs.multipart_complete(&key, &id, &parts).await?;
    let meta = stand.blobs.head(&key).await?.ok_or("it is not there")?;
    assert_eq!((meta.size_bytes, meta.media_type.as_str()), (PART_BYTES as u64 + 7, "video/mp4"));
    assert_eq!(stand.content(&key).await?, [first, second].concat());
    let gone = stand.blobs.part_list(&key, &id).await;
    assert!(matches!(gone, Err(BlobError::NotFound(_))), "{gone:?}");
    Ok(())
}

async fn parts_out_of_order_are_refused_and_can_be_put_right(stand: Stand) -> Outcome {
    let key = new_upload();
    let id = stand.blobs.multipart_begin(&key, "video/mp4").await?;
    stand.send_part(&key, &id, 1, &vec![b'a'; PART_BYTES]).await?;
    stand.send_part(&key, &id, 2, b"b").await?;
    let mut parts = stand.blobs.part_list(&key, &id).await?;
    parts.reverse();
    let completed = stand.blobs.multipart_complete(&key, &id, &parts).await;
    assert!(matches!(completed, Err(BlobError::Refused { .. })), "{completed:?}");

    parts.reverse();
    stand.blobs.multipart_complete(&key, &id, &parts).await?;
    assert!(stand.blobs.head(&key).await?.is_some());
    Ok(())
}

async fn a_part_number_out_of_range_is_refused(stand: Stand) -> Outcome {
    let (key, id) = (new_upload(), MultipartId::new("any"));
    for number in [0, 10_001, u32::MAX] {
        let url = stand.blobs.part_url(&key, &id, number, HOUR).await;
        assert!(matches!(url, Err(BlobError::Refused { .. })), "{number}: {url:?}");
    }
    let url = stand.blobs.part_url(&key, &id, 1, HOUR * 24 * 8).await;
    assert!(matches!(url, Err(BlobError::Refused { .. })), "{url:?}");
    Ok(())
}

async fn an_upload_that_was_given_up_is_gone(stand: Stand) -> Outcome {
    let key = new_upload();
    let id = stand.blobs.multipart_begin(&key, "video/mp4").await?;
    stand.send_part(&key, &id, 1, b"all").await?;
    let parts = stand.blobs.part_list(&key, &id).await?;
    for _ in 0..2 {
        stand.blobs.multipart_abort(&key, &id).await?;
    }
    let listed = stand.blobs.part_list(&key, &id).await;
    assert!(matches!(listed, Err(BlobError::NotFound(_))), "{listed:?}");
    let completed = stand.blobs.multipart_complete(&key, &id, &parts).await;
    assert!(matches!(completed, Err(BlobError::NotFound(_))), "{completed:?}");
    assert_eq!(stand.part_answer(&key, &id, 1, b"all").await?, StatusCode::NOT_FOUND);
    Ok(())
}

async fn a_signed_address_is_stable_and_its_etag_too(stand: Stand) -> Outcome {
    let key = new_asset();
    stand.blobs.put(&key, Bytes::from_static(b"%PDF-1.7"), "application/octet-stream").await?;
    let now = SystemTime::now();
    let one = stand.sign_pdf(&key, now - HOUR / 2).await?;
    let again = stand.sign_pdf(&key, now - HOUR / 2).await?;
    let later = stand.sign_pdf(&key, now).await?;
    assert_eq!(one, again);
    assert_ne!(one, later);

    let mut etags = Vec::new();
    for url in [one, later] {
        let answer = stand.phone.get(url).send().await?;
        assert_eq!(answer.status(), StatusCode::OK);
        let header =
            |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok().map(str::to_owned));
        assert_eq!(header("content-type").as_deref(), Some("application/pdf"));
        let shown = "inline; filename*=UTF-8''B%C3%A0i%201.pdf";
        assert_eq!(header("content-disposition").as_deref(), Some(shown));
        etags.push(header("etag").ok_or("no ETag")?);
        assert_eq!(answer.bytes().await?, "%PDF-1.7");
    }
    let meta = stand.blobs.head(&key).await?.ok_or("it is not there")?;
    assert_eq!(etags, [meta.etag.clone(), meta.etag.clone()]);
    assert!(meta.etag.starts_with('"'), "a weak ETag cannot join ranges: {meta:?}");
    Ok(())
}

async fn a_signed_address_answers_ranges(stand: Stand) -> Outcome {
    let key = new_asset();
    stand.blobs.put(&key, Bytes::from_static(b"0123456789"), "video/mp4").await?;
    let url = stand.blobs.read_url(&key, SystemTime::now(), HOUR, "a.mp4", "video/mp4").await?;
    for (range, wanted, place) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-1", "9", "bytes 9-9/10"),
    ] {
        let answer = stand.phone.get(&url).header("range", range).send().await?;
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.headers()["content-range"], place);
        assert_eq!(answer.bytes().await?, wanted);
    }
    let answer = stand.phone.get(&url).header("range", "bytes=10-").send().await?;
    assert_eq!(answer.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    Ok(())
}

async fn an_address_that_was_tampered_with_is_refused(stand: Stand) -> Outcome {
    let (key, other) = (new_asset(), new_asset());
    for key in [key, other] {
        stand.blobs.put(&key, Bytes::from_static(b"secret"), "video/mp4").await?;
    }
    let url = stand.blobs.read_url(&key, SystemTime::now(), HOUR, "a.mp4", "video/mp4").await?;
    let elsewhere = url.replace(&key.object_key(), &other.object_key());
    let longer = url.replace("X-Amz-Expires=3600", "X-Amz-Expires=360000");
    for tampered in [&elsewhere, &longer] {
        assert_ne!(*tampered, url);
        assert_eq!(stand.phone.get(tampered).send().await?.status(), StatusCode::FORBIDDEN, "{tampered}");
    }
    assert_eq!(stand.phone.put(&url).body("mine").send().await?.status(), StatusCode::FORBIDDEN);
    let mut bare = Url::parse(&url)?;
    bare.set_query(None);
    assert_eq!(stand.phone.get(bare).send().await?.status(), StatusCode::FORBIDDEN);
    let expired =
        stand.blobs.read_url(&key, SystemTime::now() - HOUR, HOUR / 60, "a.mp4", "video/mp4").await?;
    assert_eq!(stand.phone.get(expired).send().await?.status(), StatusCode::FORBIDDEN);
    assert_eq!(stand.content(&key).await?, b"secret");
    Ok(())
}

/// What only the embedded store promises, or what can only be seen in its folder.
mod embedded {
    use super::*;

    /// The names in the root of the folder, which are not those of objects.
    fn loose_names(folder: &TempDir) -> Outcome<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder.path())? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.retain(|name| name != "densach");
        names.sort();
        Ok(names)
    }

    #[tokio::test]
    async fn a_part_that_was_cut_off_has_not_arrived() -> Outcome {
        let stand = Stand::embedded().await?;
        let key = new_upload();
        let id = stand.blobs.multipart_begin(&key, "video/mp4").await?;
        let url = Url::parse(&stand.blobs.part_url(&key, &id, 1, HOUR).await?)?;
        let authority = format!("127.0.0.1:{}", url.port().ok_or("no port")?);
        let mut line = TcpStream::connect(&authority).await?;
        let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let head = format!("PUT {target} HTTP/1.1\r\nhost: {authority}\r\ncontent-length: 9\r\n\r\n");
        line.write_all(head.as_bytes()).await?;
        line.write_all(b"half").await?;
        line.shutdown().await?;
        let mut rest = Vec::new();
        // Whether the server answers a half request or hangs up is its affair; either way it is done with it then.
        let _ = line.read_to_end(&mut rest).await;
        assert!(stand.part_sizes(&key, &id).await?.is_empty());
        stand.send_part(&key, &id, 1, b"the whole").await?;
        assert_eq!(stand.part_sizes(&key, &id).await?, [(1, 9)]);
        Ok(())
    }

    #[tokio::test]
    async fn a_refused_completion_costs_no_part() -> Outcome {
        let stand = Stand::embedded().await?;
        let key = new_upload();
        let id = stand.blobs.multipart_begin(&key, "video/mp4").await?;
        let absent = Part { number: 1, size_bytes: 1, etag: String::new() };
        stand.send_part(&key, &id, 2, b"b").await?;
        let second = stand.blobs.part_list(&key, &id).await?;
        let with_absent = [vec![absent], second].concat();
        let completed = stand.blobs.multipart_complete(&key, &id, &with_absent).await;
        assert!(matches!(completed, Err(BlobError::Refused { .. })), "{completed:?}");

        stand.send_part(&key, &id, 1, b"too small to be followed").await?;
        let parts = stand.blobs.part_list(&key, &id).await?;
        let completed = stand.blobs.multipart_complete(&key, &id, &parts).await;
        assert!(matches!(completed, Err(BlobError::Refused { .. })), "{completed:?}");
        assert_eq!(stand.blobs.part_list(&key, &id).await?, parts);
        assert_eq!(parts.len(), 2);
        Ok(())
    }

    #[tokio::test]
    async fn nothing_is_left_of_what_was_deleted_or_given_up() -> Outcome {
        let stand = Stand::embedded().await?;
        let folder = stand.folder.as_ref().ok_or("no folder")?;
        let (upload, asset) = (new_upload(), new_asset());
        let id = stand.blobs.multipart_begin(&upload, "video/mp4").await?;
        stand.send_part(&upload, &id, 1, b"all").await?;
        stand.blobs.multipart_abort(&upload, &id).await?;
        assert_eq!(loose_names(folder)?, Vec::<String>::new());

        stand.blobs.put(&upload, Bytes::from_static(b"x"), "text/vtt").await?;
        stand.blobs.copy(&upload, &asset, "text/vtt").await?;
        assert_eq!(loose_names(folder)?.len(), 4, "two records for each object");
        for key in [upload, asset] {
            stand.blobs.delete(&key).await?;
        }
        assert_eq!(loose_names(folder)?, Vec::<String>::new());
        Ok(())
    }

    #[tokio::test]
    async fn a_folder_that_is_opened_again_has_everything() -> Outcome {
        let stand = Stand::embedded().await?;
        let folder = stand.folder.as_ref().ok_or("no folder")?;
        let (asset, upload) = (new_asset(), new_upload());
        stand.blobs.put(&asset, Bytes::from_static(b"kept"), "text/vtt").await?;
        let id = stand.blobs.multipart_begin(&upload, "video/mp4").await?;
        stand.send_part(&upload, &id, 1, b"all").await?;
        let (meta, parts) = (stand.blobs.head(&asset).await?, stand.blobs.part_list(&upload, &id).await?);

        let again = Blobs::open(&embedded_config(folder, "http://127.0.0.1:1")).await?;
        assert_eq!(again.head(&asset).await?, meta);
        assert_eq!(again.part_list(&upload, &id).await?, parts);
        again.multipart_complete(&upload, &id, &parts).await?;
        assert_eq!(stand.content(&upload).await?, b"all");
        Ok(())
    }
}
