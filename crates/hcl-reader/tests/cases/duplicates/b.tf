variable "x" {}
output "o" { value = 1 }
output "o" { value = 2 }
module "m" { source = "./a" }
module "m" { source = "./b" }
resource "t_a" "r" {}
resource "t_a" "r" {}
data "t_a" "r" {}
