//! Which texts are keys, and that no message or print shows one.

use signed_link::LinkKeys;

const HEX: &str = "6f1ed002ab5595859014ebf0951522d9a1f8c7b3e4d60718293a4b5c6d7e8f90";

#[test]
fn accepts_hex_and_base64url_with_or_without_padding() {
    let base64 = "bx7QAqtVlYWQFOvwlRUi2aH4x7Pk1gcYKTpLXG1-j5A";
    for text in [format!("a:{HEX}"), format!("a:{base64}"), format!("a:{base64}="), format!(" a:{HEX} \n")] {
        LinkKeys::parse(&text).unwrap();
    }
}

#[test]
fn refuses_keys_nobody_drew_and_says_why_without_showing_them() {
    let cases = [
        (String::new(), "at least one"),
        (" \n".to_owned(), "at least one"),
        (HEX.to_owned(), "`id:key`"),
        (format!(":{HEX}"), "id of 1 to 32"),
        (format!("a.b:{HEX}"), "id of 1 to 32"),
        (format!("{}:{HEX}", "a".repeat(33)), "id of 1 to 32"),
        ("a:".to_owned(), "32 bytes"),
        (format!("a:{}", &HEX[..62]), "32 bytes"),
        (format!("a:{HEX}00"), "32 bytes"),
        (format!("a:{}", "z".repeat(64)), "32 bytes"),
        (format!("a:{HEX},"), "key 2 must have the form"),
        (format!("a:{HEX},a:{}", HEX.replace("6f", "70")), "id of an earlier"),
        (format!("a:{HEX},b:{HEX}"), "same key"),
        (format!("a:{}", "00".repeat(32)), "placeholder"),
        (format!("a:{}", "ab".repeat(32)), "placeholder"),
        (format!("a:{}", "0123456789abcdef".repeat(4)), "placeholder"),
        ("a:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f".to_owned(), "placeholder"),
        // "change-me-to-32-secret-byte-now!" in hex: long enough, and typed.
        ("a:6368616e67652d6d652d746f2d33322d7365637265742d627974652d6e6f7721".to_owned(), "placeholder"),
    ];
    for (text, expected) in cases {
        let message = LinkKeys::parse(&text).unwrap_err().to_string();
        assert!(message.contains(expected), "{text}: {message}");
        assert!(!message.contains(&HEX[..16]), "{message}");
    }
}

#[test]
fn generated_keys_are_accepted_and_differ_also_in_their_ids() {
    let (old, new) = (LinkKeys::generate().unwrap(), LinkKeys::generate().unwrap());

    LinkKeys::parse(&format!("{new},{old}")).unwrap();
}

#[test]
fn printing_the_keys_shows_no_key() {
    assert_eq!(format!("{:?}", LinkKeys::parse(&format!("a:{HEX}")).unwrap()), "LinkKeys(***)");
}
