variable "old" {
  deprecated = "Use \"new\" instead."
}

output "old" {
  value      = 1
  deprecated = "Gone soon."
}
