//! Deleting an organization, account or environment with everything in it: the same for every API.

use domain::{Error, Principal};
use store::{
    Connection, Store,
    scopes::{self, Deletion, Scope},
};

use crate::json_api::attempt::record_success;

/// Deletes the scope that `find` finds, in as many transactions as its modules need. Whoever is interrupted asks again: what is
/// gone is gone, and the rest goes then. Recorded as `action` of the principal that `find` gives.
pub(crate) async fn delete_scope<F>(store: &Store, action: &'static str, find: F) -> Result<(), Error>
where
    F: Fn(&mut Connection) -> Result<(Scope, Principal), Error> + Clone + Send + 'static,
{
    let mut is_first = true;
    loop {
        let find = find.clone();
        let step = store.write(move |session| {
            let (scope, principal) = find(session)?;
            let deletion = scopes::delete(session, &scope)?;
            // With the first step, since what that deletes is gone whatever becomes of the others.
            if is_first {
                record_success(session, &principal, action, &format!("{} {}", scope.id, scope.name))?;
            }
            Ok(deletion)
        });
        if step.await? == Deletion::Complete {
            return Ok(());
        }
        is_first = false;
    }
}
