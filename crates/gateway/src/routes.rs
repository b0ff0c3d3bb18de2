//! Every URL the gateway answers. Nothing is registered anywhere else.

use actix_web::web::{Data, ServiceConfig};

use crate::{Gateway, registry, scalr, sign_in, tfe, webhooks};

/// Registers the gateway's URLs and its state.
pub fn configure(gateway: &Gateway, app: &mut ServiceConfig) {
    app.app_data(Data::from(std::sync::Arc::clone(&gateway.state)));
    registry::routes(app);
    tfe::routes(app);
    scalr::routes(app);
    sign_in::routes(app);
    webhooks::routes(app);
}
