resource "example_host" "bare" {
  provider = aws.aliased
}

resource "example_host" "quoted" {
  provider = "aws.aliased"
}

resource "example_host" "template" {
  provider = "${aws.aliased}"
}

resource "example_host" "indexed" {
  for_each = var.regions
  provider = aws.by_region[each.key]
}
