use super::row::tests::row;
use super::*;

#[test]
fn outcomes_are_counted_with_exact_intervals() {
    let outcome = |run| if run == 3 { Outcome::Lost } else { Outcome::Landed };
    let rows = (0..20).map(|run| row(run, outcome(run))).collect();
    let campaign = Campaign { rows, resumed: 0 };
    let outcomes = campaign.outcomes();
    assert_eq!(outcomes.len(), 2);
    assert_eq!((outcomes[0].0, outcomes[0].1.count), (Outcome::Landed, 19));
    // 1 of 20: [0.0013, 0.2487], exact.
    let lost = outcomes[1].1;
    assert!((lost.low - 0.0013).abs() < 5e-5 && (lost.high - 0.2487).abs() < 5e-5, "{lost:?}");
}

#[test]
fn percentiles_are_ranks() {
    let campaign =
        Campaign { rows: (0..101).map(|run| row(run, Outcome::Landed)).collect(), resumed: 0 };
    let spreads = campaign.spreads();
    assert_eq!(spreads.len(), 1);
    assert_eq!((spreads[0].key, spreads[0].percentiles), ("miss_m", [0.0, 5.0, 50.0, 95.0, 100.0]));
}

#[test]
fn shards_lie_side_by_side_and_leave_nothing_out() {
    for (runs, count) in [(1..11, 3), (5..6, 4), (1..1_000_001, 7), (0..8, 8)] {
        let shards = (1..=count).map(|number| Shard { number, count }.of(&runs));
        let mut next = runs.start;
        for shard in shards {
            assert_eq!(shard.start, next);
            assert!(shard.end - shard.start <= (runs.end - runs.start).div_ceil(count));
            next = shard.end;
        }
        assert_eq!(next, runs.end);
    }
}

#[test]
fn pieces_cover_a_range() {
    assert_eq!(pieces(3..10, 3), [3..6, 6..9, 9..10]);
    assert_eq!(pieces(3..3, 3), []);
}
