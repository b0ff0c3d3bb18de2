"""Runs schemathesis against a server of its own: every API, from the documents that the server itself gives.

    fuzz.py <quarry> <folder for reports> [--short]

The long form makes at least 20,000 cases, and says so if it did not; the short one takes about a minute.
"""

import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
SEED = 4
CHECKS = ",".join([
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
])
# Cases for each operation in the phase that makes random ones; the other phases have as many as the documents give.
EXAMPLES = {"long": {"tfe": 220, "scalr": 300, "registry": 400}, "short": {"tfe": 4, "scalr": 6, "registry": 6}}
LEAST_CASES = {"long": 20_000, "short": 1_000}
DOCUMENTS = {
    "tfe": "/api/v2/openapi.json",
    "scalr": "/api/iacp/v3/openapi.json",
    "registry": "/api/registry/v1/openapi.json",
}
JSON_API = "application/vnd.api+json"


class Server:
    """An embedded registry on a free port, with a folder that goes with it."""

    def __init__(self, program, folder):
        settings = {
            "QUARRY_DATA_DIR": str(folder / "data"),
            "QUARRY_LISTEN": "127.0.0.1:0",
            # Nothing that the cases invent is ever fetched.
            "QUARRY_VCS_ALLOWED_NETWORKS": "",
            "QUARRY_RATE_LIMIT": "0",
            "QUARRY_FAILED_LOGINS_PER_MINUTE": "0",
        }
        self.log = open(folder / "log", "w", encoding="utf-8")
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": self.log}
        self.process = subprocess.Popen([program, "serve"], env=settings, text=True, **streams)
        self.url = next((line.split()[-1] for line in self.process.stdout if line.startswith("listening on ")), None)
        if self.url is None:
            sys.exit("quarry did not start: " + (folder / "log").read_text())
        self.token = (folder / "data/admin-token").read_text().strip()

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": JSON_API}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def make(self, path, **attributes):
        return self.call("POST", "/api/v2" + path, {"data": {"attributes": attributes}})["data"]

    def make_in(self, account, kind, name):
        """The id of an environment or module namespace of an account."""
        relationships = {"account": {"data": {"type": "accounts", "id": account}}}
        body = {"data": {"attributes": {"name": name}, "relationships": relationships}}
        return self.call("POST", f"/api/iacp/v3/{kind}", body)["data"]["id"]

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def archive():
    """A module that is worth being read."""
    main = b'variable "cidr" {\n  type = string\n}\n\noutput "id" {\n  value = var.cidr\n}\n'
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("main.tf")
        entry.size = len(main)
        tar.addfile(entry, io.BytesIO(main))
    return packed.getvalue()


def fill(server, organization):
    """An organization with one of each thing. What they are called, by parameter."""
    server.make("/organizations", name=organization, email="a@b.test")
    of = f"/organizations/{organization}"
    server.make(f"{of}/registry-modules", name="vpc", provider="aws")
    versions = f"{of}/registry-modules/private/{organization}/vpc/aws"
    version = server.make(f"{versions}/versions", version="1.0.0")
    upload = urllib.request.Request(version["links"]["upload"], data=archive(), method="PUT")
    urllib.request.urlopen(upload).close()
    deadline = time.monotonic() + 60
    while server.call("GET", f"/api/v2{versions}/version?module_version=1.0.0")["data"]["attributes"]["status"] != "ok":
        if time.monotonic() > deadline:
            sys.exit("the version was not read within a minute")
        time.sleep(0.1)
    address = "https://git.invalid"
    client = server.make(f"{of}/oauth-clients", **{"service-provider": "git", "http-url": address, "api-url": address})
    oauth_token = client["relationships"]["oauth-tokens"]["data"][0]["id"]
    source = {"identifier": "p/terraform-aws-net", "oauth-token-id": oauth_token}
    git_module = server.make(f"{of}/registry-modules/vcs", **{"vcs-repo": source})
    account = server.call("GET", f"/api/iacp/v3/accounts?filter%5Bname%5D={organization}")["data"][0]["id"]
    user = server.make("/admin/users", username=f"{organization}-user")
    return {
        "org": organization,
        "registry": "private",
        "namespace": organization,
        "name": "vpc",
        "provider": "aws",
        "version": "1.0.0",
        "git_module": git_module["id"],
        "version_id": version["id"],
        "account": account,
        "vcs_provider": client["id"].replace("oc-", "vcs-"),
        "environment": server.make_in(account, "environments", f"{organization}-prod"),
        "module_namespace": server.make_in(account, "module-namespaces", f"{organization}-platform"),
        "client": client["id"],
        "oauth_token": oauth_token,
        "token": server.make(f"{of}/service-tokens", description="fuzz")["id"],
        "user": user["id"],
        "action": "unsuspend",
    }


def run(server, api, form, world, reports):
    """Schemathesis on one document: its exit status and how many cases there were."""
    report = reports / f"{api}.json"
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis",
        "run", server.url + DOCUMENTS[api],
        "--header", f"Authorization: Bearer {server.token}",
        "--checks", CHECKS,
        "--max-examples", str(EXAMPLES[form][api]),
        "--phases", "examples,coverage,fuzzing" if form == "long" else "coverage,fuzzing",
        "--seed", str(SEED),
        # More would change the recursion limit of Python under each other's feet, which its parser does not bear.
        "--workers", "1",
        "--generation-database", "none",
        "--continue-on-failure",
        "--suppress-health-check", "all",
        "--request-timeout", "30",
        "--report", "json",
        "--report-json-path", str(report),
        "--max-redirects", "0",
        "--warnings", "off",
        "--no-color",
    ]
    names = {"FUZZ_WORLD": json.dumps(world), "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **names)
    status = subprocess.run(command, cwd=reports, env=environment, check=False).returncode
    return status, count_cases(report)


def count_cases(report):
    """Those whose answers were looked at."""
    found = json.loads(report.read_text())["test_cases"] if report.exists() else {}
    return found.get("generated", 0) - found.get("without_checks", 0)


def main():
    program, reports = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute()
    form = "short" if "--short" in sys.argv else "long"
    reports.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, pathlib.Path(folder))
        try:
            world = {organization: fill(server, organization) for organization in ("acme", "scratch")}
            world["server"] = {"url": server.url, "token": server.token}
            outcomes = {api: run(server, api, form, world, reports) for api in DOCUMENTS}
        finally:
            server.stop()
            (reports / "server.log").write_text((pathlib.Path(folder) / "log").read_text())
    cases = sum(count for _, count in outcomes.values())
    print(f"{cases} cases: " + ", ".join(f"{api} {count}" for api, (_, count) in outcomes.items()))
    if any(status for status, _ in outcomes.values()):
        sys.exit("schemathesis found failures: see above")
    if cases < LEAST_CASES[form]:
        sys.exit(f"too few cases: at least {LEAST_CASES[form]} were expected")


main()
