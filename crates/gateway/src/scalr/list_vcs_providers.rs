//! `GET /api/iacp/v3/vcs-providers`

use actix_web::{HttpResponse, web::Data};
use domain::{Action, Error, Id, Principal, kinds};
use service_kit::JsonApiError;
use store::{
    Connection as Session,
    connection_search::{self, Hosts, Reach, Search, SortKey},
    scopes::{self, ACCOUNT, ENVIRONMENT},
};

use super::{
    access::{load_scope, texts},
    document,
    filters::{self, NULL},
    vcs_provider_view::Details,
    vcs_type,
};
use crate::{
    caller::Caller,
    json_api::{answer, page::Page, query::Query},
    state::State,
};

const FILTERS: [&str; 6] = [
    "filter[vcs-provider]",
    "filter[name]",
    "filter[vcs-type]",
    "filter[environment]",
    "filter[account]",
    "filter[agent-pool]",
];

/// The connections that the caller may see and the query asks for, the oldest first unless it says otherwise.
pub(super) async fn list(
    Caller(principal): Caller,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let page = Page::parse(&query)?;
    let wanted = Wanted::parse(&query)?;
    let public_url = state.config.public_url.clone();
    let load = move |session: &mut Session| {
        let search = wanted.resolve(session, &principal)?;
        let (found, total) = connection_search::search(session, &search, page.window())?;
        let ids: Vec<String> = found.iter().map(|connection| connection.id.to_string()).collect();
        let details = Details::load(session, &ids)?;
        let owners: Vec<String> = found.iter().map(|connection| connection.scope_id.to_string()).collect();
        let owners = scopes::list_by_ids(session, &owners)?;
        let mut resources = Vec::new();
        for connection in &found {
            let scope = owners.iter().find(|scope| scope.id == connection.scope_id);
            let scope = scope.ok_or_else(|| Error::internal("showing a connection", "its scope was not read"))?;
            resources.push(details.resource((&principal, &public_url), connection, scope));
        }
        Ok((resources, total))
    };
    let (resources, total) = state.store.read_at_once(load).await?;
    Ok(answer::ok(&document::page((page, &query), resources, total, None, &state.config.public_url)))
}

/// What a query asks for, not looked up yet.
struct Wanted {
    search: Search,
    environment: Option<String>,
    account: Option<String>,
}

impl Wanted {
    fn parse(query: &Query) -> Result<Self, JsonApiError> {
        filters::check(query, &FILTERS)?;
        let text = |name| filters::text(query, name).map(|text| text.map(str::to_owned));
        let types = filters::values(query, "filter[vcs-type]")?;
        let ids = filters::values(query, "filter[vcs-provider]")?;
        // There are no agents here, so nothing belongs to a pool of them.
        let is_nothing = text("filter[agent-pool]")?.is_some_and(|pool| pool != NULL);
        let hosts = match is_nothing {
            true => Some(Hosts::default()),
            false => (!types.is_empty()).then(|| vcs_type::hosts(&types)),
        };
        let face = |id: &String| match id.parse::<Id<kinds::VcsProvider>>() {
            Ok(id) => id.face::<kinds::Connection>().to_string(),
            // Fits nothing.
            Err(_) => String::new(),
        };
        let search = Search {
            ids: ids.iter().map(face).collect(),
            names: filters::values(query, "filter[name]")?,
            hosts,
            text: text("query")?,
            order: filters::sorting(query, |word| match word {
                "name" => Some(SortKey::Name),
                "created-at" => Some(SortKey::CreatedAt),
                _ => None,
            })?,
            ..Search::default()
        };
        Ok(Self { search, environment: text("filter[environment]")?, account: text("filter[account]")? })
    }

    fn resolve(mut self, session: &mut Session, caller: &Principal) -> Result<Search, Error> {
        self.search.visible = caller.visible_scopes().map(|own| {
            let open_of = texts(caller.module_scopes().unwrap_or_default());
            Reach { of: texts(own.clone()), open_of, given_to: texts(own) }
        });
        let given = |text: &Option<String>| text.clone().filter(|text| text != NULL);
        let global = scopes::find_installation(session)?.filter(|scope| caller.may(Action::Install, &scope.id));
        let global: Vec<String> = global.iter().map(|scope| scope.id.to_string()).collect();
        let account = given(&self.account).map(|id| load_scope::<kinds::Account>(session, caller, ACCOUNT, &id));
        let account = account.transpose()?;
        if let Some(id) = given(&self.environment) {
            let environment = load_scope::<kinds::Environment>(session, caller, ENVIRONMENT, &id)?;
            let own = account.as_ref().map(|account| account.id.as_str());
            let is_there = self.account.is_none() || own == environment.parent_id.as_deref();
            let of = vec![environment.id.to_string()];
            let open_of = environment.parent_id.into_iter().chain(global).collect();
            let within = Reach { given_to: of.clone(), of, open_of };
            // An environment of another account may use nothing there.
            self.search.within = Some(if is_there { within } else { Reach::default() });
        } else if let Some(account) = account {
            self.search.within = Some(Reach { of: vec![account.id.to_string()], open_of: global, ..Reach::default() });
        } else if self.account.is_some() {
            self.search.within = Some(Reach { of: global, ..Reach::default() });
        }
        Ok(self.search)
    }
}
