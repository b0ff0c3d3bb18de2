//! What a sync notices about the tags of published versions: shown on the version, and written to the audit log when it
//! comes and when it goes.

use domain::Error;
use store::{
    Connection, audit,
    modules::Module,
    versions::{self, ModuleVersion},
};

use crate::{plan::TagChange, replacement::change as from_to};

/// As the audit log calls them.
const MOVED: &str = "tag-moved";
const MOVED_BACK: &str = "tag-moved-back";
const VANISHED: &str = "tag-vanished";
const RETURNED: &str = "tag-returned";
/// Like the call that does the same.
const DELETED: &str = "delete-version";

/// Notes the change, but for deleting: that is done to all that are gone together.
pub(crate) fn note(
    session: &mut Connection,
    module: &Module,
    version: &ModuleVersion,
    change: &TagChange,
) -> Result<(), Error> {
    let id = version.id.as_str();
    let published = version.commit_sha.as_deref();
    let (action, detail) = match change {
        TagChange::Moved(to) => {
            versions::set_moved(session, id, to.as_deref())?;
            let former = version.moved_to.as_deref().or(published);
            match to {
                Some(to) => (MOVED, from_to(former, Some(to))),
                None => (MOVED_BACK, from_to(former, published)),
            }
        }
        TagChange::Vanished => {
            versions::set_vanished(session, id)?;
            if version.vanished_at.is_some() {
                return Ok(());
            }
            (VANISHED, version.tag.clone().unwrap_or_default())
        }
        TagChange::Returned => {
            versions::set_returned(session, id)?;
            (RETURNED, version.tag.clone().unwrap_or_default())
        }
        TagChange::GoneForGood => (DELETED, "its tag is gone".to_owned()),
    };
    let object = format!("{id} {} {}: {detail}", module.address(), version.version);
    audit::insert_unattended(session, &module.scope_id, action, &object)
}
