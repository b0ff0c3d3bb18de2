"""Real names in the place of some random ones, so that cases get past "there is no such thing".

What other cases need is never destroyed or changed for good: operations that do such things only ever hear of the
organization `scratch`, and what they delete was made for them.
"""

import itertools
import json
import os
import urllib.error
import urllib.request
import zlib

import schemathesis

# Values that exist, by organization and parameter; fuzz.py writes them, with the address of the server and its token.
WORLD = json.loads(os.environ["FUZZ_WORLD"])
NUMBERS = itertools.count()

# Which thing the {id} of a path is.
IDS = {
    "/registry-modules/": "git_module",
    "/registry-module-versions/": "version_id",
    "/iacp/v3/modules/": "git_module",
    "/module-versions/": "version_id",
    "/vcs-providers/": "vcs_provider",
    "/accounts/": "account",
    "/environments/": "environment",
    "/module-namespaces/": "module_namespace",
    "/oauth-clients/": "client",
    "/oauth-tokens/": "oauth_token",
    "/authentication-tokens/": "token",
}
CLIENT = {"service-provider": "git", "http-url": "https://git.invalid", "api-url": "https://git.invalid"}


def make(path, method="POST", relationships=None, api="/api/v2", **attributes):
    """What was made; nothing if it could not be."""
    body = json.dumps({"data": {"attributes": attributes, "relationships": relationships or {}}}).encode()
    headers = {"Authorization": f"Bearer {WORLD['server']['token']}", "Content-Type": "application/vnd.api+json"}
    url = f"{WORLD['server']['url']}{api}{path}"
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError:
        return {}


def fresh_of_scalr(path, name):
    """The same for the other management API."""
    scratch = {"account": {"data": {"type": "accounts", "id": WORLD["scratch"]["account"]}}}
    if "/vcs-providers/" in path:
        return {"id": make("/organizations/scratch/oauth-clients", **CLIENT).get("id", "").replace("oc-", "vcs-")}
    if "/modules/" in path:
        return {"id": make("/organizations/scratch/registry-modules", name=name, provider="aws").get("id")}
    kind = path.split("/")[4]
    return {"id": make(f"/{kind}", relationships=scratch, api="/api/iacp/v3", name=name).get("id")}


def fresh(case):
    """Something to delete: values of the path by parameter."""
    path, name = case.operation.path, f"x{os.getpid()}-{next(NUMBERS)}"
    if "/iacp/v3/" in path:
        return fresh_of_scalr(path, name)
    if "{name}" in path:
        make("/organizations/scratch/registry-modules", name=name, provider="aws")
        make(f"/registry-modules/scratch/{name}/aws/versions", version="1.0.0")
        return {"name": name}
    if "{user}" in path:
        user = make("/admin/users", username=name).get("id")
        if "/memberships/" in path:
            make(f"/admin/users/{user}/memberships/scratch", method="PUT", rights="read")
        return {"user": user}
    if "/oauth-" in path:
        client = make("/organizations/scratch/oauth-clients", **CLIENT).get("id", "")
        return {"id": client.replace("oc-", "ot-") if "/oauth-tokens/" in path else client}
    if "/authentication-tokens/" in path:
        return {"id": make("/organizations/scratch/service-tokens", description=name).get("id")}
    if path.endswith("/authentication-token"):
        make("/organizations/scratch/authentication-token")
    if path.endswith("/organizations/{org}"):
        return {"org": make("/organizations", name=name, email="a@b.test").get("id")}
    return {}


def real_values(case):
    path = case.operation.path
    deletes = case.method.upper() == "DELETE" or "/actions/delete/" in path or "/admin/users/{user}/actions/" in path
    changes = deletes or case.method.upper() in {"PATCH", "PUT"}
    values = dict(WORLD["scratch" if changes else "acme"])
    values["id"] = next((values[kind] for part, kind in IDS.items() if part in path), None)
    if path.endswith("/commits"):
        values["name"] = "net"
    if deletes:
        values.update(fresh(case))
    return values


def dice(case, sides):
    """The same for the same case in each run: Python's own hash differs."""
    seed = json.dumps([case.path_parameters, case.query], sort_keys=True, default=str)
    return zlib.crc32(seed.encode("utf-8", "surrogatepass")) % sides


def fill_body(body, world):
    """References of a body to things that exist."""
    data = body.get("data") if isinstance(body, dict) else None
    attributes = data.get("attributes") if isinstance(data, dict) else None
    if not isinstance(attributes, dict):
        return
    source = attributes.get("vcs-repo")
    if isinstance(source, dict) and "oauth-token-id" in source:
        source.update({"oauth-token-id": world["oauth_token"], "identifier": f"p/terraform-aws-x{next(NUMBERS)}"})
        for name in ("branch", "organization-name", "source-directory"):
            source.pop(name, None)
    relationships = data.get("relationships")
    if isinstance(relationships, dict) and "vcs-provider" in relationships and isinstance(source, dict):
        source["identifier"] = f"p/terraform-aws-x{next(NUMBERS)}"
        data["relationships"] = {"vcs-provider": {"data": {"type": "vcs-providers", "id": world["vcs_provider"]}}}
    elif isinstance(relationships, dict) and "account" in relationships:
        data["relationships"] = {"account": {"data": {"type": "accounts", "id": world["account"]}}}
    if "http-url" in attributes:
        attributes.update(CLIENT)
        if isinstance(data.get("relationships"), dict):
            data["relationships"]["organization"] = {"data": {"type": "organizations", "id": world["org"]}}


@schemathesis.hook
def before_call(context, case, kwargs):
    if dice(case, 4) == 0:
        return
    # All names of a path together: one that does not exist hides the others. Never in place: cases share their parts.
    if case.path_parameters:
        values = real_values(case)
        case.path_parameters = {name: values.get(name) or given for name, given in case.path_parameters.items()}
    if dice(case, 2) == 0:
        return
    if isinstance(case.query, dict) and "filter[module]" in case.query:
        case.query = {**case.query, "filter[module]": WORLD["acme"]["git_module"]}
    if isinstance(case.query, dict) and "module_version" in case.query:
        case.query = {**case.query, "module_version": "1.0.0"}
    if isinstance(case.body, dict):
        case.body = json.loads(json.dumps(case.body, default=str))
        fill_body(case.body, WORLD["acme"])
