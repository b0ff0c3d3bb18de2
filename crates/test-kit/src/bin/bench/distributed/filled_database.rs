//! Two thousand modules with 25 versions each, and fifty thousand jobs, straight into the tables.

/// Modules that [`FILL`] adds, numbered from 0.
pub(crate) const MODULES: usize = 2_000;

/// Copies of the one module that there is, whatever columns the tables have.
pub(crate) const FILL: &str = "
CREATE TEMP TABLE wanted_module AS
  SELECT number, module.* FROM generate_series(0, 1999) AS number, (SELECT * FROM modules LIMIT 1) AS module;
UPDATE wanted_module SET id = 'mod-Bench' || lpad(number::text, 11, '0'), name = 'filled-' || number,
  latest_version_id = NULL;
CREATE TEMP TABLE wanted_version AS
  SELECT number, row_number() OVER () AS serial, version.*
  FROM generate_series(0, 1999) AS number,
    (SELECT * FROM module_versions WHERE status = 'ok' ORDER BY id LIMIT 25) AS version;
UPDATE wanted_version SET id = 'modver-Bench' || lpad(serial::text, 11, '0'),
  module_id = 'mod-Bench' || lpad(number::text, 11, '0');
ALTER TABLE wanted_module DROP COLUMN number;
ALTER TABLE wanted_version DROP COLUMN number, DROP COLUMN serial;
INSERT INTO modules SELECT * FROM wanted_module;
INSERT INTO module_versions SELECT * FROM wanted_version;
ANALYZE modules, module_versions;
";

/// After [`FILL`]: eight thousand more with a version each, and the latest version of every module is known.
pub(crate) const FILL_MORE: &str = "
CREATE TEMP TABLE wanted_module AS
  SELECT number, module.* FROM generate_series(2000, 9999) AS number,
    (SELECT * FROM modules WHERE latest_version_id IS NOT NULL) AS module;
UPDATE wanted_module SET id = 'mod-Bench' || lpad(number::text, 11, '0'), name = 'filled-' || number,
  latest_version_id = NULL;
CREATE TEMP TABLE wanted_version AS
  SELECT number, version.*
  FROM generate_series(2000, 9999) AS number, (SELECT * FROM module_versions WHERE status = 'ok' ORDER BY id LIMIT 1) AS version;
UPDATE wanted_version SET id = 'modver-More' || lpad(number::text, 12, '0'),
  module_id = 'mod-Bench' || lpad(number::text, 11, '0');
ALTER TABLE wanted_module DROP COLUMN number;
ALTER TABLE wanted_version DROP COLUMN number;
INSERT INTO modules SELECT * FROM wanted_module;
INSERT INTO module_versions SELECT * FROM wanted_version;
UPDATE modules SET latest_version_id = (SELECT MIN(id) FROM module_versions WHERE module_id = modules.id)
  WHERE latest_version_id IS NULL;
";

/// Of twenty tenants, due at once.
pub(crate) const FILL_JOBS: &str = "
INSERT INTO jobs (id, kind, target, scope_id, args, state, attempt, lost, epoch, run_after, again, created_at)
  SELECT 'job-Bench' || lpad(number::text, 11, '0'), 'parse-version', 'modver-None' || lpad(number::text, 12, '0'),
    'org-Bench' || lpad((number % 20)::text, 11, '0'), 0, 'queued', 0, 0, 0, 0, FALSE, 0
  FROM generate_series(1, 50000) AS number;
";

/// Takes them away again.
pub(crate) const REMOVE_JOBS: &str = "DELETE FROM jobs WHERE id LIKE 'job-Bench%'";

/// Namespace, name and provider of a module that was added.
pub(crate) fn address(number: usize) -> String {
    format!("bench/filled-{number}/bench")
}
