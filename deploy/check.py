"""The second half of deploy/check: validates <folder>/base.yaml and small.yaml, and turns all YAML there into JSON."""

import json
import pathlib
import sys

import kubernetes_validate
import yaml

# The oldest version that the manifests are for, and the newest whose schemas are at hand.
VERSIONS = ["1.34", "1.37"]

# Kinds that Kubernetes has no schema for: crates/acceptance/tests/deploy.rs looks at them.
FOREIGN = "keda.sh/v1alpha1"


def complaints(rendered, name):
    for thing in rendered:
        title = f"{name}: {thing['kind']} {thing['metadata']['name']}"
        if thing["apiVersion"] == FOREIGN:
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(thing, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                yield f"{title}: Kubernetes {version}: {'.'.join(map(str, error.path))}: {error.message}"
            except kubernetes_validate.SchemaNotFoundError:
                yield f"{title}: Kubernetes {version} does not know {thing['apiVersion']} {thing['kind']}"


def main(folder):
    wrong = []
    for name in ["base", "small"]:
        rendered = list(yaml.safe_load_all((folder / f"{name}.yaml").read_text()))
        wrong += complaints(rendered, name)
        (folder / f"{name}.json").write_text(json.dumps(rendered, indent=1))
        print(f"{name}: {len(rendered)} objects")
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    (folder / "compose.json").write_text(json.dumps(compose, indent=1))
    print(f"compose: {len(compose['services'])} services")
    sys.exit("\n".join(wrong) if wrong else 0)


main(pathlib.Path(sys.argv[1]))
