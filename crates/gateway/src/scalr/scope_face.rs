//! Scopes as this API calls them: accounts, environments and module namespaces, each with ids of its own.

use domain::{Id, kinds};
use store::scopes::{ACCOUNT, ENVIRONMENT, MODULE_NAMESPACE, Scope};

/// The account that a scope is, or belongs to.
pub(super) fn account(scope: &Scope) -> Option<Id<kinds::Account>> {
    match scope.kind.as_str() {
        ACCOUNT => Some(scope.id.face()),
        _ => scope.parent_id.as_deref()?.parse::<Id<kinds::Scope>>().ok().map(|id| id.face()),
    }
}

/// The environment that a scope is.
pub(super) fn environment(scope: &Scope) -> Option<Id<kinds::Environment>> {
    (scope.kind == ENVIRONMENT).then(|| scope.id.face())
}

/// The module namespace that a scope is.
pub(super) fn module_namespace(scope: &Scope) -> Option<Id<kinds::ModuleNamespace>> {
    (scope.kind == MODULE_NAMESPACE).then(|| scope.id.face())
}

/// What an address of a module begins with here: the id of an account or environment, or the name of anything else.
pub(super) fn first_of_address(namespace: &Scope) -> String {
    match namespace.kind.as_str() {
        ACCOUNT => namespace.id.face::<kinds::Account>().to_string(),
        ENVIRONMENT => namespace.id.face::<kinds::Environment>().to_string(),
        _ => namespace.name.to_string(),
    }
}
