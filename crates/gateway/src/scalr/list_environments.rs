//! `GET /api/iacp/v3/environments`

use actix_web::{HttpResponse, web::Data};
use domain::{Action, Error, Principal, kinds};
use serde_json::Value;
use service_kit::JsonApiError;
use store::{
    Connection as Session,
    scopes::{self, ACCOUNT, ENVIRONMENT, Scope, ScopeSearch},
    users,
};

use super::{
    access::{load_scope, texts},
    account_view,
    document::{self, Included},
    environment_view,
    filters::{self, NULL},
    list_accounts::scope_of,
    user_view,
};
use crate::{
    caller::Caller,
    json_api::{answer, page::Page, query::Query},
    state::State,
};

const FILTERS: [&str; 4] = ["filter[environment]", "filter[account]", "filter[name]", "filter[tag]"];

/// What can be asked for along.
const INCLUDES: [&str; 2] = ["created-by", "account"];

/// The environments that the caller may see and the query asks for, by name.
pub(super) async fn list(
    Caller(principal): Caller,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let wishes = Wishes::parse(&query)?;
    let page = Page::parse(&query)?;
    let (search, account) = parse(&query, &principal)?;
    let public_url = state.config.public_url.clone();
    let load = move |session: &mut Session| {
        let parent = match account {
            Some(id) => Some(load_scope::<kinds::Account>(session, &principal, ACCOUNT, &id)?.id.to_string()),
            None => None,
        };
        let search = ScopeSearch { parent, ..search };
        let (found, total) = scopes::search(session, &search, page.window())?;
        let included = wishes.load(session, (&principal, &public_url), &found)?;
        Ok((found, total, included))
    };
    let (found, total, included) = state.store.read_at_once(load).await?;
    let public_url = &state.config.public_url;
    let resources = found.iter().map(|scope| environment_view::resource(scope, public_url)).collect();
    Ok(answer::ok(&document::page((page, &query), resources, total, included, public_url)))
}

/// What to look for, and the account that it names.
fn parse(query: &Query, principal: &Principal) -> Result<(ScopeSearch, Option<String>), JsonApiError> {
    filters::check(query, &FILTERS)?;
    let ids = filters::values(query, "filter[environment]")?;
    // There are no tags of environments, so nothing has one.
    let is_nothing = filters::text(query, "filter[tag]")?.is_some_and(|tag| tag != NULL);
    let ids = match is_nothing {
        true => Some(Vec::new()),
        false => (!ids.is_empty()).then(|| ids.iter().filter_map(|id| scope_of::<kinds::Environment>(id)).collect()),
    };
    let search = ScopeSearch {
        kind: ENVIRONMENT,
        visible: principal.visible_scopes().map(texts),
        ids,
        names: filters::values(query, "filter[name]")?,
        text: filters::text(query, "query")?.map(str::to_owned),
        ..ScopeSearch::default()
    };
    Ok((search, filters::text(query, "filter[account]")?.map(str::to_owned)))
}

/// What is asked for along with environments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wishes {
    users: bool,
    accounts: bool,
}

impl Wishes {
    pub(super) fn parse(query: &Query) -> Result<Self, JsonApiError> {
        query.check_includes(&INCLUDES)?;
        Ok(Self { users: query.wants("created-by"), accounts: query.wants("account") })
    }

    pub(super) fn load(
        self,
        session: &mut Session,
        (principal, public_url): (&Principal, &str),
        environments: &[Scope],
    ) -> Result<Option<Vec<Value>>, Error> {
        let mut included = Included::default();
        if self.users {
            // Who works for an account is the business of its owners.
            let owned = environments.iter().filter(|scope| principal.may(Action::Own, &scope.id));
            let ids: Vec<String> = owned.filter_map(|scope| scope.created_by.clone()).collect();
            users::list_by_ids(session, &ids)?.iter().for_each(|user| included.add(user_view::resource(user)));
        }
        if self.accounts {
            let ids: Vec<String> = environments.iter().filter_map(|scope| scope.parent_id.clone()).collect();
            let accounts = scopes::list_by_ids(session, &ids)?;
            accounts.iter().for_each(|scope| included.add(account_view::resource(scope, public_url)));
        }
        Ok(included.finish(self.users || self.accounts))
    }
}
