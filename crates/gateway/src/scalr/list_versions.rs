//! `GET /api/iacp/v3/module-versions`

use std::cmp::Ordering;

use actix_web::{HttpResponse, web::Data};
use domain::{Version, VersionPhase};
use service_kit::JsonApiError;
use store::{
    Connection,
    modules::Module,
    versions::{self, ModuleVersion},
};

use super::{
    access::load_module,
    document, filters,
    version_set::{VersionSet, check_includes},
};
use crate::{
    caller::Caller,
    json_api::{answer, page::Page, query::Query},
    state::State,
};

const OF_MODULE: &str = "filter[module]";
const FILTERS: [&str; 3] = [OF_MODULE, "filter[status]", "filter[version]"];

/// The versions of the module that the query names, newest first unless it says otherwise.
pub(super) async fn list(
    Caller(principal): Caller,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let page = Page::parse(&query)?;
    check_includes(&query)?;
    let wanted = Wanted::parse(&query)?;
    let caller = principal.clone();
    let load = move |session: &mut Connection| {
        let module = load_module(session, &caller, &wanted.module)?;
        let found = wanted.choose(&module, versions::list(session, module.id.as_str())?);
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        Ok((VersionSet::load(session, &caller, module, page.cut(found))?, total))
    };
    let (set, total) = state.store.read_at_once(load).await?;
    let (resources, included) = (set.resources(&state.config)?, set.included(&query, &state.config, &principal)?);
    Ok(answer::ok(&document::page((page, &query), resources, total, included, &state.config.public_url)))
}

#[derive(Debug, Clone, Copy)]
enum SortKey {
    Version,
    CreatedAt,
}

/// What a query asks for.
struct Wanted {
    module: String,
    phases: Vec<VersionPhase>,
    /// As they were written.
    versions: Vec<String>,
    order: Vec<(SortKey, bool)>,
}

impl Wanted {
    fn parse(query: &Query) -> Result<Self, JsonApiError> {
        filters::check(query, &FILTERS)?;
        let module = filters::text(query, OF_MODULE)?;
        let missing = || JsonApiError::bad_request(format!("{OF_MODULE} is required"));
        Ok(Self {
            module: module.ok_or_else(missing)?.to_owned(),
            phases: filters::words(query, "filter[status]", |word| word.parse().ok())?,
            versions: filters::values(query, "filter[version]")?,
            order: filters::sorting(query, |word| match word {
                "version" => Some(SortKey::Version),
                "created-at" => Some(SortKey::CreatedAt),
                _ => None,
            })?,
        })
    }

    /// Those of `all` that fit, in order; `all` come newest first.
    fn choose(&self, module: &Module, mut all: Vec<ModuleVersion>) -> Vec<ModuleVersion> {
        let numbers: Vec<Version> = self.versions.iter().filter_map(|text| Version::parse_lenient(text).ok()).collect();
        let phase = |version: &ModuleVersion| VersionPhase::of(version.status, module.drops(version.vanished_at));
        all.retain(|version| {
            (self.phases.is_empty() || self.phases.contains(&phase(version)))
                && (self.versions.is_empty() || numbers.contains(&version.version))
        });
        if !self.order.is_empty() {
            all.sort_by(|a, b| self.compare(a, b));
        }
        all
    }

    fn compare(&self, a: &ModuleVersion, b: &ModuleVersion) -> Ordering {
        let by = |(key, backwards): &(SortKey, bool)| {
            let order = match key {
                SortKey::Version => a.version.cmp(&b.version),
                SortKey::CreatedAt => a.created_at.cmp(&b.created_at),
            };
            if *backwards { order.reverse() } else { order }
        };
        self.order.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}
