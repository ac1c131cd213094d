//! How the one S3 client is set up.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Config;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Builder, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    SharedHttpClient,
};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::config::Settings;
use crate::error::BlobError;

/// Attempts in all, the first one included.
const ATTEMPTS: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// For an attempt that carries little: a question, or bytes that we hold in memory.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// For an attempt that carries or rewrites a whole object of up to 4 GiB.
const WHOLE_OBJECT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Checksums only where S3 asks for them: the newer default signs a checksum header into a presigned UploadPart, which
/// a phone that does a plain PUT would not send.
pub(crate) fn config(settings: &Settings, http_client: SharedHttpClient, endpoint: &str) -> Config {
    let secret_key = settings.secret_key.expose();
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(Credentials::new(&settings.access_key, secret_key, None, None, "densach"))
        .endpoint_url(endpoint)
        .force_path_style(settings.path_style)
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts(ATTEMPT_TIMEOUT))
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .build()
}

/// What an operation on a whole object overrides.
pub(crate) fn patient() -> Builder {
    Config::builder().timeout_config(timeouts(WHOLE_OBJECT_TIMEOUT))
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(attempt).build()
}

/// TLS by rustls with ring and the roots of the machine. The plain client is not only cheaper: it does without roots,
/// which a container beside its store often lacks.
pub(crate) fn over_the_network(endpoint: &str) -> SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new();
    if endpoint.starts_with("https:") {
        builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    } else {
        builder.build_http()
    }
}

/// How long a signature holds, from `signed_at` or from now.
///
/// # Errors
///
/// [`BlobError::Refused`] when it is more than the week that S3 allows.
pub(crate) fn presigning(
    signed_at: Option<SystemTime>,
    expires: Duration,
) -> Result<PresigningConfig, BlobError> {
    let mut builder = PresigningConfig::builder().expires_in(expires);
    builder.set_start_time(signed_at);
    builder.build().map_err(|error| BlobError::Refused {
        what: "a signature that holds for more than a week".to_owned(),
        source: Some(error.into()),
    })
}
