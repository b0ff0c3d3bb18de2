//! A repository like that of a large AWS module: 240 releases, of which each changes the few large files and hardly
//! any of the many small ones.

use std::fmt::Write as _;

use anyhow::Result;
use test_kit::SampleRepository;

const RELEASES: usize = 240;
const FIRST_COMMIT: usize = 1_500_000_000;
const EXAMPLES: [&str; 13] = [
    "simple",
    "complete",
    "ipam",
    "ipv6-dualstack",
    "ipv6-only",
    "issues",
    "manage-default",
    "network-acls",
    "outpost",
    "secondary-cidr-blocks",
    "separate-route-tables",
    "flow-logs",
    "block-public-access",
];
const WORDS: [&str; 16] = [
    "subnet",
    "route",
    "gateway",
    "endpoint",
    "acl",
    "peering",
    "flow",
    "dhcp",
    "private",
    "public",
    "intra",
    "database",
    "elasticache",
    "redshift",
    "outpost",
    "customer",
];

pub(crate) fn fill(repository: &SampleRepository) -> Result<()> {
    let mut stream = String::new();
    for release in 0..RELEASES {
        write_release(&mut stream, release)?;
    }
    stream.push_str("done\n");
    repository.git(&["fast-import", "--quiet", "--done", "--date-format=raw"], stream.as_bytes())?;
    // A host keeps its repositories packed well.
    repository.git(&["repack", "-a", "-d", "-q"], b"").map(drop)
}

fn write_release(stream: &mut String, release: usize) -> Result<()> {
    let time = FIRST_COMMIT + release * 86_400;
    writeln!(
        stream,
        "commit refs/heads/main\nmark :{}\ncommitter Bench <bench@example.com> {time} +0000",
        release + 1
    )?;
    writeln!(stream, "data 7\nRelease")?;
    if release > 0 {
        writeln!(stream, "from :{release}")?;
    }
    let mut file = |path: &str, text: &str| writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len());
    let size = 40 + release / 3;
    file("main.tf", &resources(size, release))?;
    file("variables.tf", &variables(size, release))?;
    file("README.md", &readme("module", size * 3, release))?;
    file("CHANGELOG.md", &changelog(release))?;
    if release.is_multiple_of(2) {
        file("outputs.tf", &outputs("aws", size * 3 / 2, release))?;
    }
    if release == 0 {
        file("LICENSE", &"Licensed under the Apache License, Version 2.0.\n".repeat(200))?;
        file("versions.tf", VERSIONS)?;
        file(".gitignore", ".terraform\n*.tfstate\n")?;
    }
    for (number, part) in ["endpoints", "flow-log"].iter().enumerate() {
        if (release + number * 9).is_multiple_of(20) || release == 0 {
            file(&format!("modules/{part}/main.tf"), &resources(4, release))?;
            file(&format!("modules/{part}/variables.tf"), &variables(8, release))?;
            file(&format!("modules/{part}/outputs.tf"), &outputs("this", 4, release))?;
            file(&format!("modules/{part}/versions.tf"), VERSIONS)?;
            file(&format!("modules/{part}/README.md"), &readme(part, 12, release))?;
        }
    }
    for (number, example) in EXAMPLES.iter().enumerate() {
        // They come one after the other, and every now and then one changes.
        let begins = number.saturating_sub(4) * 20;
        if release == begins || (release > begins && (release + number * 5).is_multiple_of(40)) {
            let folder = format!("examples/{example}");
            file(&format!("{folder}/main.tf"), &example_main(example, release))?;
            file(&format!("{folder}/outputs.tf"), &outputs("module.example", 60, release / 40))?;
            file(&format!("{folder}/variables.tf"), "")?;
            file(&format!("{folder}/versions.tf"), VERSIONS)?;
            file(&format!("{folder}/README.md"), &readme(example, 70, release))?;
        }
    }
    let (major, minor, patch) = (1 + release / 60, release % 60 / 3, release % 3);
    writeln!(stream, "reset refs/tags/v{major}.{minor}.{patch}\nfrom :{}\n", release + 1)?;
    Ok(())
}

const VERSIONS: &str = "terraform {\n  required_version = \">= 1.0\"\n\n  required_providers {\n    aws = {\n      \
                        source  = \"hashicorp/aws\"\n      version = \">= 5.0\"\n    }\n  }\n}\n";

/// A name, and how often what it names has changed by this release.
fn item(number: usize, release: usize) -> (String, usize) {
    let word = WORDS[number % WORDS.len()];
    let other = WORDS[(number / WORDS.len() + number * 7 + 3) % WORDS.len()];
    (format!("{word}_{other}_{number}"), (release + number * 37) / 90)
}

fn resources(count: usize, release: usize) -> String {
    let mut text =
        "locals {\n  max_length = max(length(var.a), length(var.b))\n  id = try(aws_vpc.this[0].id, \"\")\n}\n"
            .to_owned();
    for number in 0..count {
        let (name, change) = item(number, release);
        let kind = WORDS[number % WORDS.len()];
        let _ = write!(
            text,
            "\n################################################################################\n# {name}\n\
             ################################################################################\n\n\
             resource \"aws_{kind}\" \"{name}\" {{\n  \
             count = var.create_{name} && local.max_length > {change} ? length(var.{name}_cidrs) : 0\n\n  \
             vpc_id               = local.id\n  \
             cidr_block           = element(concat(var.{name}_cidrs, [\"\"]), count.index)\n  \
             availability_zone    = length(regexall(\"^[a-z]{{2}}-\", element(var.azs, count.index))) > 0 ? element(var.azs, count.index) : null\n\n  \
             tags = merge(\n    {{\n      Name = format(\"${{var.name}}-{name}-%s\", element(var.azs, count.index))\n    }},\n    \
             var.tags,\n    var.{name}_tags,\n  )\n\n  \
             lifecycle {{\n    create_before_destroy = true\n    ignore_changes        = [tags[\"{change}\"]]\n  }}\n}}\n"
        );
    }
    text
}

fn variables(count: usize, release: usize) -> String {
    let mut text = "variable \"name\" {\n  type = string\n}\n\nvariable \"tags\" {\n  type    = map(string)\n  default = {}\n}\n\n\
                    variable \"azs\" {\n  type    = list(string)\n  default = []\n}\n\nvariable \"a\" {\n  default = []\n}\n\n\
                    variable \"b\" {\n  default = []\n}\n".to_owned();
    for number in 0..count {
        let (name, change) = item(number, release);
        let _ = write!(
            text,
            "\nvariable \"create_{name}\" {{\n  description = \"Controls if {name} should be created, revision {change}\"\n  \
             type        = bool\n  default     = true\n}}\n\n\
             variable \"{name}_cidrs\" {{\n  description = \"A list of CIDR blocks of {name}\"\n  \
             type        = list(string)\n  default     = []\n}}\n\n\
             variable \"{name}_tags\" {{\n  description = \"Additional tags for {name}\"\n  \
             type        = map(string)\n  default     = {{}}\n}}\n"
        );
    }
    text
}

fn outputs(source: &str, count: usize, release: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let (name, change) = item(number, release);
        let _ = write!(
            text,
            "output \"{name}\" {{\n  description = \"The ID of {name}, revision {change}\"\n  \
             value       = try({source}.{name}[0].id, null)\n}}\n\n"
        );
    }
    text
}

fn example_main(example: &str, release: usize) -> String {
    format!(
        "provider \"aws\" {{\n  region = local.region\n}}\n\ndata \"aws_availability_zones\" \"available\" {{}}\n\n\
         locals {{\n  name   = \"ex-{example}\"\n  region = \"eu-west-1\"\n\n  \
         azs = slice(data.aws_availability_zones.available.names, 0, 3)\n\n  tags = {{\n    Example = local.name\n    \
         Release = \"{release}\"\n  }}\n}}\n\nmodule \"example\" {{\n  source = \"../../\"\n\n  name = local.name\n  \
         azs  = local.azs\n  tags = local.tags\n}}\n"
    )
}

fn readme(title: &str, rows: usize, release: usize) -> String {
    let mut text = format!(
        "# {title}\n\nRelease {release}.\n\n## Usage\n\n```hcl\nmodule \"it\" {{\n  source = \"x\"\n}}\n```\n\n"
    );
    text.push_str(
        "| Name | Description | Type | Default | Required |\n|------|-------------|------|---------|:--------:|\n",
    );
    for number in 0..rows {
        let (name, change) = item(number, release);
        let _ = writeln!(
            text,
            "| <a name=\"input_{name}\"></a> [{name}](#input\\_{name}) | A list of things of {name}, revision {change} | \
             `list(string)` | `[]` | no |"
        );
    }
    text
}

fn changelog(release: usize) -> String {
    let mut text = "# Changelog\n".to_owned();
    for past in (0..=release).rev() {
        let (name, change) = item(past, past);
        let _ = write!(
            text,
            "\n## Release {past}\n\n### Bug Fixes\n\n* Correct {name} where it was wrong {change} times ([#{}](issues/{}))\n",
            past * 7,
            past * 7
        );
    }
    text
}
