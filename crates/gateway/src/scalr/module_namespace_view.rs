//! The resource `module-namespaces` (wire-spec 14.2).

use domain::{Action, Error, Id, Principal, kinds};
use serde_json::{Value, json};
use store::{Connection as Session, namespace_shares, scopes::Scope};

use super::{
    document::{link, to_many, to_one},
    scope_face,
};

pub(super) const KIND: &str = "module-namespaces";

/// The resources of these, in their order.
pub(super) fn resources(
    session: &mut Session,
    (principal, public_url): (&Principal, &str),
    scopes: &[Scope],
) -> Result<Vec<Value>, Error> {
    let ids: Vec<String> = scopes.iter().map(|scope| scope.id.to_string()).collect();
    let (shares, modules) = (namespace_shares::list(session, &ids)?, namespace_shares::list_modules(session, &ids)?);
    // Of the others it is not told that they are there.
    let is_visible = |id: &Id<kinds::Scope>| principal.may(Action::Install, id);
    let resource = |scope: &Scope| {
        let of = |groups: &namespace_shares::ByNamespace| groups.get(scope.id.as_str()).cloned().unwrap_or_default();
        let environments = of(&shares);
        let environments: Vec<Id<kinds::Environment>> =
            environments.iter().filter_map(|id| id.parse().ok()).filter(is_visible).map(|id| id.face()).collect();
        let modules = of(&modules);
        let id = scope.id.face::<kinds::ModuleNamespace>();
        let account = scope_face::account(scope);
        json!({
            "id": id.as_str(),
            "type": KIND,
            "attributes": {"name": scope.name.as_str(), "is-shared": scope.is_shared},
            "relationships": {
                "account": to_one("accounts", account.as_ref().map(|id| id.as_str())),
                "environments": to_many("environments", environments.iter().map(|id| id.as_str())),
                "modules": to_many("modules", modules.iter().map(String::as_str)),
                // There are no teams here.
                "owners": {"data": []},
            },
            "links": {"self": link(public_url, KIND, id.as_str())},
        })
    };
    Ok(scopes.iter().map(resource).collect())
}

/// The resource of one.
pub(super) fn resource(session: &mut Session, viewer: (&Principal, &str), scope: &Scope) -> Result<Value, Error> {
    let mut all = resources(session, viewer, std::slice::from_ref(scope))?;
    all.pop().ok_or_else(|| Error::internal("showing a module namespace", "there is none"))
}
