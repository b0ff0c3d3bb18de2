//! `make quickstart`: a registry on its embedded default, a sample repository made on the spot, and what to do next.

use std::{path::Path, process::Command};

use anyhow::{Context, ensure};
use serde_json::Value;
use test_kit::{QuarryServer, SampleRepository};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

const MAIN: &str = r#"terraform {
  required_version = ">= 1.3"
}

variable "name" {
  description = "What the thing is called."
  type        = string
}

variable "tags" {
  description = "Tags for everything that is made."
  type        = map(string)
  default     = {}
}

output "name" {
  description = "The name, as it was given."
  value       = var.name
}
"#;
const SUBMODULE: &str =
    "variable \"size\" {\n  description = \"How large.\"\n  type        = number\n  default     = 1\n}\n";
const EXAMPLE: &str = "module \"sample\" {\n  source = \"../../\"\n  name   = \"example\"\n}\n";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::current_dir()?.join("data/quickstart");
    let repositories = folder.join("repositories");
    make_sample(&repositories)?;
    let git = serve_git(&folder, &repositories).await?;
    let listen = std::env::var("QUARRY_LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let data = folder.join("quarry");
    let mut server = QuarryServer::start_with(&data, &[("QUARRY_LISTEN", &listen)])
        .context("if the address is taken, choose another: QUARRY_LISTEN=127.0.0.1:8081 make quickstart")?;
    println!("\nThe registry runs at {}; its log is {}\n", server.url(), data.join("log").display());

    let token_file = data.join("admin-token");
    println!("$ quarry publish {}/terraform-demo-sample.git --organization acme", git);
    publish(&server, &git, &token_file)?;
    show(&server).await?;
    explain(&server, &token_file);

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => outcome?,
        _ = terminate.recv() => {}
    }
    server.terminate()?;
    Ok(())
}

/// Serves the repositories over smart http, where it did before: the registry remembers the address.
async fn serve_git(folder: &Path, repositories: &Path) -> anyhow::Result<String> {
    let memory = folder.join("git-address");
    let former = std::fs::read_to_string(&memory).unwrap_or_else(|_| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(former.trim()).await.with_context(|| {
        format!("the sample's Git server cannot listen on {former}; `rm -r data/quickstart` starts afresh")
    })?;
    let address = listener.local_addr()?;
    std::fs::write(&memory, address.to_string())?;
    let repositories = repositories.to_owned();
    tokio::spawn(async move { test_kit::serve(listener, &repositories, None).await });
    Ok(format!("http://{address}"))
}

fn make_sample(repositories: &Path) -> anyhow::Result<()> {
    if repositories.join("terraform-demo-sample.git").exists() {
        return Ok(());
    }
    let sample = SampleRepository::create(repositories, "terraform-demo-sample.git")?;
    for (tag, text) in [("v1.0.0", "The first release."), ("v1.1.0", "Now with tags."), ("v2.0.0", "A new name.")] {
        sample.commit(&[
            ("README.md", &format!("# Sample\n\n{text}\n")),
            ("main.tf", MAIN),
            ("modules/part/main.tf", SUBMODULE),
            ("modules/part/README.md", "# Part of the sample\n"),
            ("examples/simple/main.tf", EXAMPLE),
        ])?;
        sample.tag(tag)?;
    }
    Ok(())
}

fn publish(server: &QuarryServer, git: &str, token_file: &Path) -> anyhow::Result<()> {
    let status = Command::new(test_kit::binary()?)
        .args(["publish", &format!("{}/terraform-demo-sample.git", git)])
        .args(["--server", server.url(), "--organization", "acme", "--token-file"])
        .arg(token_file)
        .status()?;
    ensure!(status.success(), "publishing failed");
    Ok(())
}

async fn show(server: &QuarryServer) -> anyhow::Result<()> {
    let (_, module) = server.api()?.get("/api/registry/v1/modules/acme/sample/demo").await?;
    let names = |value: &Value, field: &str| -> Vec<String> {
        let items = value.as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
    };
    println!(
        "\nversions    {}",
        module["versions"]
            .as_array()
            .map_or(String::new(), |all| { all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ") })
    );
    println!("submodules  {}", names(&module["submodules"], "path").join(", "));
    println!("examples    {}", names(&module["examples"], "path").join(", "));
    for input in module["root"]["inputs"].as_array().into_iter().flatten() {
        let text = |field: &str| input[field].as_str().unwrap_or_default();
        println!("input       {} ({}): {}", text("name"), text("type"), text("description"));
    }
    Ok(())
}

fn explain(server: &QuarryServer, token_file: &Path) {
    println!(
        "\nTo install it with tofu or terraform on this machine, put this into a file\n\
         and name that in TF_CLI_CONFIG_FILE (the CLIs want a host with a dot, hence the name):\n\
         \n\
         host \"quarry.local\" {{\n\
         \x20 services = {{ \"modules.v1\" = \"{}/api/registry/v1/modules/\" }}\n\
         }}\n\
         \n\
         export TF_TOKEN_quarry_local=\"$(cat {})\"\n\
         \n\
         Then `tofu init` beside the module block above. Ctrl-C stops the registry; its data stay.",
        server.url(),
        token_file.display()
    );
}
