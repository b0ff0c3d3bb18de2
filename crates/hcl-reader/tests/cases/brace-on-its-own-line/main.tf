variable "a"
{
  description = "Written for 0.11."
}

output "b"
# with a comment between

{
  value = 1
}
