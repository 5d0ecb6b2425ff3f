//! What web pages of other origins may do.

use std::time::Duration;

use http::{HeaderName, HeaderValue, header};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use crate::settings::Settings;

/// How long a browser may remember that a call is allowed.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Responds to preflights, which have no token, and lets pages of allowed origins read the responses.
pub(super) fn layer(settings: &Settings) -> CorsLayer {
    let origins = match &settings.origins {
        Some(origins) if origins.iter().any(|origin| origin == "*") => AllowOrigin::any(),
        None if !settings.is_exposed() => AllowOrigin::any(),
        // What is no header value is the origin of no page.
        origins => AllowOrigin::list(
            origins
                .iter()
                .flatten()
                .filter_map(|origin| HeaderValue::from_str(origin).ok()),
        ),
    };
    let [cloud, studio] = coze_wire::LOG_ID_HEADERS;
    let told: [HeaderName; 4] = [cloud, studio, header::RETRY_AFTER, header::DATE];
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(told)
        .allow_private_network(!settings.is_exposed())
        .max_age(REMEMBERED)
}
