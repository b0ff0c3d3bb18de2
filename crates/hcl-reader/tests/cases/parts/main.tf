variable "root" {}
