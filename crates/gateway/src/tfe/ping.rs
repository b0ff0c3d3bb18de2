//! `GET /api/v2/ping`

use actix_web::HttpResponse;

use super::answer;

/// Clients look at the headers, which every answer here has. There is no rate limit to announce.
pub(super) async fn ping() -> HttpResponse {
    answer::no_content()
}
