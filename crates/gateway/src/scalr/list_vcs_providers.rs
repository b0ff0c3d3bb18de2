//! `GET /api/iacp/v3/vcs-providers`

use actix_web::{HttpResponse, web::Data};
use domain::{Action, Error, Id, Principal, kinds};
use service_kit::JsonApiError;
use store::{
    Connection as Session,
    connection_search::{self, Reach, Search, SortKey},
    scopes::{self, ACCOUNT, ENVIRONMENT},
};
use vcs_hosts::HostKind;

use super::{
    access::load_scope,
    document,
    filters::{self, NULL},
    vcs_provider_view::{VcsProviderView, load_details},
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
        let (shares, settings) = load_details(session, &ids)?;
        let owners: Vec<String> = found.iter().map(|connection| connection.scope_id.to_string()).collect();
        let owners = scopes::list_by_ids(session, &owners)?;
        let mut resources = Vec::new();
        for connection in &found {
            let id = connection.id.as_str();
            let scope = owners.iter().find(|scope| scope.id == connection.scope_id);
            let view = VcsProviderView {
                principal: &principal,
                public_url: &public_url,
                connection,
                scope: scope.ok_or_else(|| Error::internal("showing a connection", "its scope was not read"))?,
                shares: shares.get(id).map(Vec::as_slice).unwrap_or_default(),
                settings: settings.get(id).map(String::as_str),
            };
            resources.push(view.resource());
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
        let host_kinds = match is_nothing {
            true => Some(Vec::new()),
            false => (!types.is_empty()).then(|| kinds_of(&types)),
        };
        let face = |id: &String| match id.parse::<Id<kinds::VcsProvider>>() {
            Ok(id) => id.face::<kinds::Connection>().to_string(),
            // Fits nothing.
            Err(_) => String::new(),
        };
        let search = Search {
            ids: ids.iter().map(face).collect(),
            names: filters::values(query, "filter[name]")?,
            host_kinds,
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
        let texts = |ids: Vec<&Id<kinds::Scope>>| ids.into_iter().map(ToString::to_string).collect::<Vec<_>>();
        self.search.visible = caller.visible_scopes().map(|own| {
            let open_of = texts(caller.module_scopes().unwrap_or_default());
            Reach { of: texts(own.clone()), open_of, given_to: texts(own) }
        });
        let given = |text: &Option<String>| text.clone().filter(|text| text != NULL);
        let global = scopes::find_installation(session)?.filter(|scope| caller.may(Action::Install, &scope.id));
        let global: Vec<String> = global.iter().map(|scope| scope.id.to_string()).collect();
        if let Some(id) = given(&self.environment) {
            let environment = load_scope::<kinds::Environment>(session, caller, ENVIRONMENT, &id)?;
            let of = vec![environment.id.to_string()];
            let open_of = environment.parent_id.into_iter().chain(global).collect();
            self.search.within = Some(Reach { given_to: of.clone(), of, open_of });
        } else if let Some(id) = given(&self.account) {
            let account = load_scope::<kinds::Account>(session, caller, ACCOUNT, &id)?;
            self.search.within = Some(Reach { of: vec![account.id.to_string()], open_of: global, ..Reach::default() });
        } else if self.account.is_some() {
            self.search.within = Some(Reach { of: global, ..Reach::default() });
        }
        Ok(self.search)
    }
}

/// The kinds of hosts that this API calls so.
fn kinds_of(types: &[String]) -> Vec<String> {
    let is_called = |kind: &HostKind| types.iter().any(|name| vcs_type::of(kind.as_str(), "") == name);
    HostKind::ALL.into_iter().filter(is_called).map(|kind| kind.as_str().to_owned()).collect()
}
