data "example_image" "base" {}

data "plain" "one" {}

data "example_image" "other" {
  provider = special.west
}

ephemeral "vault_token" "short" {
}

resource "terraform_data" "built_in" {}
