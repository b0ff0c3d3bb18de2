module "registry" {
  source  = "acme/network/aws"
  version = "~> 1.2"
}

module "relative" {
  source = "./modules/inner"

  providers = {
    aws = aws.west
  }
}

module "dynamic" {
  source  = "git::https://example.com/${var.name}.git"
  version = var.version
}

module "without" {
}
