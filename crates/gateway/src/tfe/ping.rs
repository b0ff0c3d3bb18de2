//! `GET /api/v2/ping`

use actix_web::HttpResponse;

use super::answer;

/// Clients look at the headers, which every answer here has: how many calls a second there may be, among others.
pub(super) async fn ping() -> HttpResponse {
    answer::no_content()
}
