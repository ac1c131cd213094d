//! The S3 service inside this process, and the two ways to it: for our own client without a socket, and for phones
//! through the listener of the server.

use std::convert::Infallible;
use std::path::Path;
use std::task::{Context, Poll};

use aws_sdk_s3::config::SharedHttpClient;
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{HOST, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::Body;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tower::Service;

use crate::config::Settings;
use crate::disk::Disk;
use crate::error::BlobError;

/// What our own client calls the embedded store. Nothing resolves it: no request leaves the process.
pub(crate) const ENDPOINT: &str = "http://embedded.invalid";
const ENDPOINT_HOST: &str = "embedded.invalid";

/// The embedded store as a `tower` service that cannot fail. It answers only what is signed with our keys.
///
/// A signature covers the host and the whole path, so the service must see both as the phone sent them: mount it with
/// `route_service` (which, unlike `nest_service`, strips nothing), and let a proxy in front pass the `Host` header on.
/// With axum, where phones need no more than GET and PUT:
///
/// ```ignore
/// if let Some(service) = blobs.embedded_service() {
///     let phones = axum::routing::get_service(service.clone()).put_service(service);
///     router = router.route(&format!("/{}/{{*key}}", blobs.bucket()), phones);
/// }
/// ```
#[derive(Debug, Clone)]
pub struct EmbeddedService {
    service: S3Service,
}

impl EmbeddedService {
    /// Makes the folder and the bucket in it where they are not there yet.
    pub(crate) async fn start(folder: &Path, settings: &Settings) -> Result<Self, BlobError> {
        tokio::fs::create_dir_all(folder.join(&settings.bucket)).await?;
        let mut builder = S3ServiceBuilder::new(Disk::open(folder)?);
        builder.set_auth(SimpleAuth::from_single(&settings.access_key, settings.secret_key.expose()));
        Ok(Self { service: builder.build() })
    }

    /// The way in for our own client.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(InProcess(self.service.clone()));
        http_client_fn(move |_, _| connector.clone())
    }
}

impl<B> Service<Request<B>> for EmbeddedService
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<s3s::Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = Service::call(&mut self.service, request);
        Box::pin(async move {
            Ok(answer.await.unwrap_or_else(|error| {
                tracing::error!(?error, "the embedded object store gave no answer");
                let mut response = Response::new(s3s::Body::empty());
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }))
        })
    }
}

/// Hands a request of the client to the service as it is. The crate `s3s-aws` has the same, but brings a second TLS
/// library and conversions of every S3 type along, which nothing here needs.
#[derive(Debug)]
struct InProcess(S3Service);

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let mut request = request.map(s3s::Body::http_body);
            // The client signs the host but leaves the header to the connection, and here is none.
            request.headers_mut().insert(HOST, HeaderValue::from_static(ENDPOINT_HOST));
            // A task of its own: a caller that goes away (a phone hangs up, a deadline passes) must not leave an
            // upload half put together, because s3s-fs takes the parts apart as it goes.
            let answer = tokio::spawn(async move { service.call(request).await }).await;
            let response = answer
                .map_err(|error| ConnectorError::other(error.into(), None))?
                .map_err(|error| ConnectorError::other(error.into(), None))?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
