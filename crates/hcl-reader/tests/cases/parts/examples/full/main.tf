module "root" { source = "../../" }
