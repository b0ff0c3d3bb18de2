//! `test-config` of a module that is made from a branch (wire-spec 6.4.2): kept and shown as it was given, since no tests
//! are run here.

use domain::{Error, kinds};
use serde_json::{Map, Value};
use service_kit::JsonApiError;
use store::modules::Module;

use super::attributes::Attributes;

pub(super) const NAME: &str = "test-config";
const ENABLED: &str = "tests-enabled";
const MODE: &str = "agent-execution-mode";
const POOL: &str = "agent-pool-id";

/// What a request says of it; what it does not name stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TestConfig(Map<String, Value>);

impl TestConfig {
    /// `None`: nothing is said.
    pub(super) fn parse(attributes: &Attributes) -> Result<Option<Self>, JsonApiError> {
        let Some(given) = attributes.optional_object(NAME)? else { return Ok(None) };
        let mut values = Map::new();
        if let Some(enabled) = given.optional_bool(ENABLED)? {
            values.insert(ENABLED.to_owned(), enabled.into());
        }
        if let Some(mode) = given.non_empty_string(MODE)? {
            if !matches!(mode, "remote" | "agent") {
                return Err(given.refuse(MODE, "must be remote or agent"));
            }
            values.insert(MODE.to_owned(), mode.into());
        }
        if let Some(pool) = given.optional_string(POOL)? {
            values.insert(POOL.to_owned(), if pool.is_empty() { Value::Null } else { pool.into() });
        }
        Ok(Some(Self(values)))
    }

    /// Whether it asks for no more than every module has.
    pub(super) fn is_default(&self) -> bool {
        let defaults = defaults();
        self.0.iter().all(|(name, value)| defaults.get(name) == Some(value))
    }

    /// As it is stored, on top of what is.
    pub(super) fn onto(&self, stored: Option<&str>) -> String {
        let mut all = read(stored);
        all.extend(self.0.clone());
        Value::Object(all).to_string()
    }
}

/// `null` unless the module is made from a branch.
pub(super) fn view(module: &Module) -> Value {
    if module.branch.is_empty() {
        return Value::Null;
    }
    let mut all = read(module.test_config.as_deref());
    all.insert("id".to_owned(), module.id.face::<kinds::TestConfig>().as_str().into());
    Value::Object(all)
}

/// For a module that is not made from a branch.
pub(super) fn refuse() -> Error {
    Error::invalid(NAME, "must be absent: only a module that is made from a branch has one")
}

fn read(stored: Option<&str>) -> Map<String, Value> {
    let mut all = defaults();
    if let Some(Ok(Value::Object(stored))) = stored.map(serde_json::from_str) {
        all.extend(stored);
    }
    all
}

fn defaults() -> Map<String, Value> {
    let values = [(ENABLED, false.into()), (MODE, "remote".into()), (POOL, Value::Null)];
    values.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}
