//! Which addresses pass, with and without a list.

use domain::Error;
use outbound::AddressPolicy;

fn refused(policy: &AddressPolicy, address: &str) -> bool {
    address.parse().is_ok_and(|address| matches!(policy.check(address), Err(Error::Refused { .. })))
}

#[test]
fn refuses_special_addresses_in_every_form() {
    let policy = AddressPolicy::default();

    for address in [
        "127.0.0.1",
        "127.255.0.9",
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "169.254.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::7f00:1",
        "64:ff9b:1:7f00:0:100::",
        "2002:7f00:1::1",
        "2002:a9fe:a9fe::",
        "2001:0:7f00:1::",
        "2001:0:808:808:0:0:80ff:fffe",
    ] {
        assert!(refused(&policy, address), "{address} must be refused");
    }
}

#[test]
fn allows_public_and_private_addresses() {
    let policy = AddressPolicy::default();

    for address in [
        "8.8.8.8",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "fd12::1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ] {
        assert!(!refused(&policy, address), "{address} must be allowed");
    }
}

#[test]
fn a_listed_network_is_allowed_and_nothing_else() {
    let policy = AddressPolicy::parse(" 127.0.0.0/8, ::1 ").unwrap();

    assert!(!refused(&policy, "127.0.0.1"));
    assert!(!refused(&policy, "::ffff:127.0.0.1"));
    assert!(!refused(&policy, "::1"));
    assert!(refused(&policy, "169.254.169.254"));
    assert!(refused(&policy, "::"));
}

#[test]
fn a_malformed_list_names_the_setting_and_the_item() {
    let error = AddressPolicy::parse("10.0.0.0/8,nonsense").unwrap_err();

    let text = error.to_string();
    assert!(text.contains("QUARRY_VCS_ALLOWED_NETWORKS") && text.contains("nonsense"), "{text}");
}

#[test]
fn the_text_form_reads_back() {
    let policy = AddressPolicy::parse("127.0.0.0/8,::1").unwrap();

    assert_eq!(AddressPolicy::parse(&policy.to_string()).unwrap(), policy);
}

#[test]
fn a_refusal_names_the_address_and_the_setting() {
    let error = AddressPolicy::default().resolve("localhost", 80).unwrap_err();

    let text = error.to_string();
    assert!(matches!(error, Error::Refused { .. }), "{text}");
    assert!(text.contains("(loopback)") && text.contains("QUARRY_VCS_ALLOWED_NETWORKS"), "{text}");
}

#[test]
fn literal_addresses_are_checked_too() {
    let policy = AddressPolicy::default();

    assert!(policy.resolve("127.0.0.1", 80).is_err());
    assert!(policy.resolve("[::1]", 80).is_err());
    assert_eq!(policy.resolve("10.1.2.3", 80).unwrap(), ["10.1.2.3:80".parse().unwrap()]);
    assert_eq!(policy.resolve("[fd12::1]", 443).unwrap(), ["[fd12::1]:443".parse().unwrap()]);
}

#[test]
fn a_name_without_address_may_have_one_later() {
    let error = AddressPolicy::default().resolve("nothing.invalid", 80).unwrap_err();

    assert!(error.is_transient(), "{error}");
    assert!(error.chain().contains("nothing.invalid"));
}
