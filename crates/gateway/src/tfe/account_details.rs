//! `GET /api/v2/account/details`

use actix_web::HttpResponse;
use serde_json::json;

use super::answer;
use crate::caller::Caller;

/// Who the caller is.
pub(super) async fn read(Caller(principal): Caller) -> HttpResponse {
    answer::ok(&json!({"data": {
        "id": principal.user.as_str(),
        "type": "users",
        "attributes": {
            "username": principal.username,
            "email": principal.email,
            "avatar-url": "",
            "is-service-account": principal.is_service,
            "is-admin": principal.owns_installation(),
            "two-factor": {"enabled": false, "verified": false},
            "v2-only": true,
            "permissions": {
                "can-create-organizations": principal.may_make_scopes(),
                "can-change-email": false,
                "can-change-username": false,
                "can-manage-user-tokens": principal.has_full_token && !principal.is_service,
            },
        },
    }}))
}
