//! Exact sets of addresses: sorted ranges that neither overlap nor touch. Every operation is closed and loses nothing, so that what
//! comes out of many of them is still an answer about each single address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

/// A number with a smallest and a largest value: the bits of an address, or a port.
pub trait Point: Copy + Ord + fmt::Debug {
    /// The smallest.
    const MIN: Self;
    /// The largest.
    const MAX: Self;
    /// The next larger one.
    fn next(self) -> Option<Self>;
    /// The next smaller one.
    fn previous(self) -> Option<Self>;
}

macro_rules! points {
    ($($ty:ty)*) => {$(
        impl Point for $ty {
            const MIN: Self = Self::MIN;
            const MAX: Self = Self::MAX;
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    )*};
}

points! { u8 u16 u32 u128 }

/// A set of points as sorted ranges, both ends included, with a gap between any two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ranges<P>(Vec<(P, P)>);

impl<P: Point> Ranges<P> {
    /// No point.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Every point.
    pub fn all() -> Self {
        Self(vec![(P::MIN, P::MAX)])
    }

    /// From the first to the last; empty when they are the wrong way round.
    pub fn of(first: P, last: P) -> Self {
        Self(if first <= last { vec![(first, last)] } else { Vec::new() })
    }

    /// The union of ranges in any order.
    pub fn from_unsorted(mut ranges: Vec<(P, P)>) -> Self {
        ranges.retain(|(first, last)| first <= last);
        ranges.sort_unstable();
        let mut merged: Vec<(P, P)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if before.1.next().is_none_or(|next| first <= next) => before.1 = before.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// Whether there is no point.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges, sorted.
    pub fn ranges(&self) -> &[(P, P)] {
        &self.0
    }

    /// Whether the point is in the set.
    pub fn contains(&self, point: P) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= point);
        after.checked_sub(1).and_then(|index| self.0.get(index)).is_some_and(|(_, last)| point <= *last)
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => other.clone(),
            (_, true) => self.clone(),
            _ => Self::from_unsorted(self.0.iter().chain(&other.0).copied().collect()),
        }
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut both = Vec::new();
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(&&(first, last)), Some(&&(other_first, other_last))) = (mine.peek(), theirs.peek()) {
            let (from, to) = (first.max(other_first), last.min(other_last));
            if from <= to {
                both.push((from, to));
            }
            if last < other_last {
                mine.next();
            } else {
                theirs.next();
            }
        }
        Self(both)
    }

    /// What is not in it.
    #[must_use]
    pub fn complement(&self) -> Self {
        let (mut gaps, mut from) = (Vec::with_capacity(self.0.len() + 1), Some(P::MIN));
        for (first, last) in &self.0 {
            if let (Some(from), Some(to)) = (from, first.previous())
                && from <= to
            {
                gaps.push((from, to));
            }
            from = last.next();
        }
        gaps.extend(from.map(|from| (from, P::MAX)));
        Self(gaps)
    }

    /// What is in this one alone.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() { self.clone() } else { self.intersection(&other.complement()) }
    }
}

/// A set of IPv4 and IPv6 addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressSet {
    /// The bits of IPv4 addresses.
    pub v4: Ranges<u32>,
    /// The bits of IPv6 addresses.
    pub v6: Ranges<u128>,
}

impl AddressSet {
    /// No address.
    pub const fn empty() -> Self {
        Self { v4: Ranges::empty(), v6: Ranges::empty() }
    }

    /// Every address.
    pub fn all() -> Self {
        Self { v4: Ranges::all(), v6: Ranges::all() }
    }

    /// Every IPv4 address.
    pub fn all_v4() -> Self {
        Self { v4: Ranges::all(), v6: Ranges::empty() }
    }

    /// Every IPv6 address.
    pub fn all_v6() -> Self {
        Self { v4: Ranges::empty(), v6: Ranges::all() }
    }

    /// The union of prefixes. An IPv6 prefix of IPv4-mapped addresses stays what it is written as: such packets do not exist.
    pub fn of(prefixes: impl IntoIterator<Item = IpNet>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for prefix in prefixes {
            match prefix {
                IpNet::V4(net) => v4.push((net.network().to_bits(), net.broadcast().to_bits())),
                IpNet::V6(net) => v6.push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        Self { v4: Ranges::from_unsorted(v4), v6: Ranges::from_unsorted(v6) }
    }

    /// Whether there is no address.
    pub const fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether the address is in the set.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.contains(address.to_bits()),
            IpAddr::V6(address) => self.v6.contains(address.to_bits()),
        }
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }

    /// What is in this one alone.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self { v4: self.v4.difference(&other.v4), v6: self.v6.difference(&other.v6) }
    }

    /// The fewest prefixes that are together this set, IPv4 first, sorted.
    pub fn prefixes(&self) -> Vec<IpNet> {
        let v4 = self.v4.ranges().iter().flat_map(|(first, last)| {
            Ipv4Subnets::new(Ipv4Addr::from_bits(*first), Ipv4Addr::from_bits(*last), 0).map(IpNet::V4)
        });
        let v6 = self.v6.ranges().iter().flat_map(|(first, last)| {
            Ipv6Subnets::new(Ipv6Addr::from_bits(*first), Ipv6Addr::from_bits(*last), 0).map(IpNet::V6)
        });
        v4.chain(v6).collect()
    }

    /// Number of IPv4 addresses.
    pub fn ipv4_addresses(&self) -> i64 {
        self.v4.ranges().iter().map(|(first, last)| i64::from(*last) - i64::from(*first) + 1).sum()
    }

    /// Number of IPv6 networks of 64 bits that the set has a part of: what one site uses, where an address says nothing.
    pub fn ipv6_networks(&self) -> i64 {
        let networks = self.v6.ranges().iter().map(|(first, last)| (first >> 64, last >> 64));
        let networks = Ranges::from_unsorted(networks.collect());
        let count: u128 = networks.ranges().iter().map(|(first, last)| last - first + 1).sum();
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// The addresses that may come in by an internet gateway: neither those that providers drop because they belong to private
    /// networks, to one host or to nobody (RFC 6890), nor IPv6 beyond global unicast (RFC 4291, section 2.4). Ranges for
    /// documentation are kept: to drop too little only shows too much.
    pub fn internet() -> Self {
        const PRIVATE: [(u8, u8, u8, u8, u8); 9] = [
            (0, 0, 0, 0, 8),
            (10, 0, 0, 0, 8),
            (100, 64, 0, 0, 10),
            (127, 0, 0, 0, 8),
            (169, 254, 0, 0, 16),
            (172, 16, 0, 0, 12),
            (192, 168, 0, 0, 16),
            (224, 0, 0, 0, 4),
            (240, 0, 0, 0, 4),
        ];
        let private =
            PRIVATE.iter().filter_map(|(a, b, c, d, bits)| Ipv4Net::new(Ipv4Addr::new(*a, *b, *c, *d), *bits).ok());
        let global = Ipv6Net::new(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3).ok();
        let v4 = Self::all_v4().difference(&Self::of(private.map(IpNet::V4)));
        v4.union(&Self::of(global.map(IpNet::V6)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(prefixes: &[&str]) -> AddressSet {
        AddressSet::of(prefixes.iter().map(|text| text.parse().unwrap()))
    }

    fn shown(set: &AddressSet) -> Vec<String> {
        set.prefixes().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn prefixes_in_and_out() {
        for (given, expected) in [
            (&[][..], &[][..]),
            (&["0.0.0.0/1", "128.0.0.0/1"], &["0.0.0.0/0"]),
            (&["10.0.0.0/8", "10.1.0.0/16"], &["10.0.0.0/8"]),
            (&["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"], &["10.0.0.0/23", "10.0.2.0/24"]),
            (&["::/1", "8000::/1", "0.0.0.0/0"], &["0.0.0.0/0", "::/0"]),
            (&["::ffff:10.0.0.0/104"], &["::ffff:10.0.0.0/104"]),
            (&["255.255.255.255/32", "0.0.0.0/32"], &["0.0.0.0/32", "255.255.255.255/32"]),
        ] {
            assert_eq!(shown(&set(given)), expected);
        }
        assert_eq!(shown(&AddressSet::all()), ["0.0.0.0/0", "::/0"]);
    }

    #[test]
    fn counts() {
        for (given, v4, v6) in [
            (&[][..], 0, 0),
            (&["0.0.0.0/0", "::/0"], 1 << 32, i64::MAX),
            (&["10.0.0.0/24", "2a05::/64"], 256, 1),
            (&["2a05::1/128", "2a05::2/128", "2a05:0:0:1::/64"], 0, 2),
            (&["2000::/3"], 0, 1 << 61),
        ] {
            let set = set(given);
            assert_eq!((set.ipv4_addresses(), set.ipv6_networks()), (v4, v6), "{given:?}");
        }
    }

    #[test]
    fn the_internet_has_no_private_networks() {
        let internet = AddressSet::internet();
        for (address, inside) in [
            ("8.8.8.8", true),
            ("203.0.113.9", true),
            ("9.255.255.255", true),
            ("10.0.0.0", false),
            ("10.255.255.255", false),
            ("11.0.0.0", true),
            ("172.15.255.255", true),
            ("172.16.0.0", false),
            ("172.32.0.0", true),
            ("192.168.1.1", false),
            ("100.63.255.255", true),
            ("100.64.0.0", false),
            ("223.255.255.255", true),
            ("224.0.0.0", false),
            ("255.255.255.255", false),
            ("2a05::1", true),
            ("fd00::1", false),
            ("fe80::1", false),
            ("::1", false),
            ("::ffff:8.8.8.8", false),
        ] {
            assert_eq!(internet.contains(address.parse().unwrap()), inside, "{address}");
        }
    }

    /// The oracle: one bit a point.
    type Bits = [bool; 256];

    fn bits(ranges: &Ranges<u8>) -> Bits {
        let mut bits = [false; 256];
        for (first, last) in ranges.ranges() {
            (*first..=*last).for_each(|point| bits[usize::from(point)] = true);
        }
        bits
    }

    fn drawn() -> impl Strategy<Value = (Vec<(u8, u8)>, Bits)> {
        let end = prop_oneof![any::<u8>(), Just(0), Just(255)];
        proptest::collection::vec((end.clone(), end), 0..8).prop_map(|ranges| {
            let mut bits = [false; 256];
            for (first, last) in &ranges {
                (*first..=*last).for_each(|point| bits[usize::from(point)] = true);
            }
            (ranges, bits)
        })
    }

    fn each(left: &Bits, right: &Bits, of: impl Fn(bool, bool) -> bool) -> Bits {
        std::array::from_fn(|point| of(left[point], right[point]))
    }

    proptest! {
        #![proptest_config(ProptestConfig::default())]

        /// The algebra is one for all widths, so that eight bits, tried whole, speak for all.
        #[test]
        fn the_algebra_agrees_with_one_bit_a_point((left, left_bits) in drawn(), (right, right_bits) in drawn()) {
            let (left, right) = (Ranges::from_unsorted(left), Ranges::from_unsorted(right));
            prop_assert_eq!(bits(&left), left_bits);
            prop_assert_eq!(bits(&left.union(&right)), each(&left_bits, &right_bits, |one, other| one || other));
            prop_assert_eq!(bits(&left.intersection(&right)), each(&left_bits, &right_bits, |one, other| one && other));
            prop_assert_eq!(bits(&left.difference(&right)), each(&left_bits, &right_bits, |one, other| one && !other));
            prop_assert_eq!(bits(&left.complement()), each(&left_bits, &right_bits, |one, _| !one));
            for (set, bits) in [(&left, left_bits), (&left.union(&right), bits(&left.union(&right)))] {
                for (point, inside) in (0..=u8::MAX).zip(bits) {
                    prop_assert_eq!(set.contains(point), inside);
                }
                let apart = set.ranges().windows(2).all(|pair| pair[0].1.next().unwrap() < pair[1].0);
                prop_assert!(apart, "one form for each set: {:?}", set);
            }
        }

        /// Addresses of both families against each prefix's own test.
        #[test]
        fn prefixes_agree_with_their_own_test(
            v4 in proptest::collection::vec((any::<u32>(), 0_u8..=32), 0..6),
            v6 in proptest::collection::vec((any::<u128>(), 0_u8..=128), 0..6),
            probes in proptest::collection::vec((any::<u32>(), any::<u128>()), 4),
        ) {
            let mut nets: Vec<IpNet> = Vec::new();
            nets.extend(v4.iter().map(|(bits, len)| IpNet::V4(Ipv4Net::new(Ipv4Addr::from_bits(*bits), *len).unwrap())));
            nets.extend(v6.iter().map(|(bits, len)| IpNet::V6(Ipv6Net::new(Ipv6Addr::from_bits(*bits), *len).unwrap())));
            let set = AddressSet::of(nets.iter().copied());
            let back = AddressSet::of(set.prefixes());
            prop_assert_eq!(&back, &set);
            let edges = nets.iter().flat_map(|net| [net.network(), net.broadcast()]);
            let around = edges.clone().flat_map(|edge| match edge {
                IpAddr::V4(edge) => [edge.to_bits().wrapping_sub(1), edge.to_bits().wrapping_add(1)].map(|it| IpAddr::V4(Ipv4Addr::from_bits(it))),
                IpAddr::V6(edge) => [edge.to_bits().wrapping_sub(1), edge.to_bits().wrapping_add(1)].map(|it| IpAddr::V6(Ipv6Addr::from_bits(it))),
            });
            let drawn = probes.iter().flat_map(|(v4, v6)| [IpAddr::V4(Ipv4Addr::from_bits(*v4)), IpAddr::V6(Ipv6Addr::from_bits(*v6))]);
            for address in edges.chain(around).chain(drawn) {
                prop_assert_eq!(set.contains(address), nets.iter().any(|net| net.contains(&address)), "{}", address);
            }
        }
    }
}
