//! Which files count. How they are merged is shown by `tests/cases`.

use super::select;

#[test]
fn overrides_come_last_and_twins_only_once() {
    let mut names = vec![
        "a_override.tf",
        "b.tf",
        "main.tf",
        "main.tofu",
        "only.tofu",
        "override.tf.json",
        "twin.tf.json",
        "twin.tofu.json",
        "not_overriding.tf",
        "c.tfvars",
        ".hidden.tf",
        "README.md",
    ];
    names.sort_unstable();

    let selected = select(&names);

    let expected =
        ["b.tf", "main.tf", "not_overriding.tf", "only.tofu", "twin.tf.json", "a_override.tf", "override.tf.json"];
    assert_eq!(selected, expected);
}
