-- Whether Git submodules are part of a module's archives, and whether they were when one was made.
ALTER TABLE modules ADD COLUMN submodules BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE module_versions ADD COLUMN submodules BOOLEAN NOT NULL DEFAULT FALSE;
