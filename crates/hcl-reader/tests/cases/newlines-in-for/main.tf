locals {
  a = { for k in b : k => c ?
    1 : 2 }
  b = { for k in b : k =>
    c &&
    d }
  c = [ for k in b ?
    c : d : k ]
}

output "after" { value = 1 }
