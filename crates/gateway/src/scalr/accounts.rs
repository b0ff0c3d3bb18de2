//! The account that something new belongs to, and the environments that something is given to.

use domain::{Action, Error, Id, Principal, kinds};
use service_kit::JsonApiError;
use store::{
    Connection as Session,
    scopes::{self, ACCOUNT, DEFAULT_ACCOUNT, ENVIRONMENT, Scope, ScopeSearch},
};

use super::{
    access::{check, find_scope},
    relations::{Related, missing, refuse},
    scope_face,
};

/// Found or refused; the outer error is a failure of ours.
pub(super) type Looked<T> = Result<Result<T, JsonApiError>, Error>;

/// The account that the request names, or the only one that the caller owns, or the one of the first start.
pub(super) fn find_own(session: &mut Session, caller: &Principal, related: &Related) -> Looked<Scope> {
    if let Related::To(id) = related {
        let Some(account) = find_scope::<kinds::Account>(session, caller, ACCOUNT, id)? else {
            return Ok(Err(missing("account", "Account", id)));
        };
        check(caller, Action::Own, &account.id)?;
        return Ok(Ok(account));
    }
    let owned = list_owned(session, caller)?;
    if let [only] = owned.as_slice() {
        return Ok(Ok(only.clone()));
    }
    let first = scopes::find(session, DEFAULT_ACCOUNT)?
        .filter(|scope| scope.kind == ACCOUNT && scope.name.as_str() == DEFAULT_ACCOUNT);
    let Some(first) = first.filter(|scope| caller.may(Action::Own, &scope.id)) else {
        if owned.is_empty() && !caller.owns_installation() {
            return Err(Error::Forbidden { action: "do this: it takes the owner of an account".to_owned() });
        }
        return Ok(Err(refuse("account", "must be given: there are several")));
    };
    Ok(Ok(first))
}

/// Refuses to move what belongs to the account of `scope`, or to none, to another one.
pub(super) fn check_stays(scope: &Scope, related: &Related) -> Result<(), JsonApiError> {
    let own = scope_face::account(scope).map(|id| id.to_string());
    let is_same = match related {
        Related::Unsaid => true,
        Related::Nothing => own.is_none(),
        Related::To(id) => own.as_ref() == Some(id),
    };
    if is_same { Ok(()) } else { Err(refuse("account", "cannot be changed")) }
}

/// Accounts that the caller owns; of all that there are, no more than it takes to see that there are several.
fn list_owned(session: &mut Session, caller: &Principal) -> Result<Vec<Scope>, Error> {
    if caller.owns_installation() {
        let all = ScopeSearch { kind: ACCOUNT, ..ScopeSearch::default() };
        return Ok(scopes::search(session, &all, (0, 2))?.0);
    }
    let Some(visible) = caller.visible_scopes() else { return Ok(Vec::new()) };
    let ids: Vec<String> =
        visible.into_iter().filter(|id| caller.may(Action::Own, id)).map(ToString::to_string).collect();
    let mut found = scopes::list_by_ids(session, &ids)?;
    found.retain(|scope| scope.kind == ACCOUNT);
    Ok(found)
}

/// The environments of `account` with these ids of this API.
pub(super) fn find_environments(
    session: &mut Session,
    caller: &Principal,
    account: &Scope,
    ids: &[String],
) -> Looked<Vec<Scope>> {
    let face = |id: &String| id.parse::<Id<kinds::Environment>>().ok().map(|id| id.face::<kinds::Scope>());
    let wanted: Vec<String> = ids.iter().filter_map(face).map(|id| id.to_string()).collect();
    let found = scopes::list_by_ids(session, &wanted)?;
    let is_theirs = |scope: &&Scope| {
        scope.kind == ENVIRONMENT
            && scope.parent_id.as_deref() == Some(account.id.as_str())
            && caller.may(Action::Install, &scope.id)
    };
    let mut environments = Vec::new();
    for id in ids {
        let of_id = found.iter().find(|scope| face(id).as_ref() == Some(&scope.id));
        match of_id.filter(is_theirs) {
            Some(environment) => environments.push(environment.clone()),
            None => return Ok(Err(missing("environments", "Environment", id))),
        }
    }
    Ok(Ok(environments))
}
