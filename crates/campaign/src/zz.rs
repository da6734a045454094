#[test]
fn zz_inputs() {
    use std::path::Path;
    let file = Path::new("/work/report/scenarios/m2-resilient-same-sensors.toml");
    let mut scenario = rig::scenario::Scenario::read(file).unwrap();
    scenario.seed = 60612;
    let stand = rig::stand::Stand::new(scenario).unwrap();
    let path = Path::new("/tmp/rp/c/campaign.parquet");
    let facts = rig::parquet_file::facts(path).unwrap();
    let (keys, rows) = rig::parquet_file::read(path).unwrap();
    let mut columns: Vec<(String, String, Vec<f64>)> = keys.iter().enumerate().map(|(i, k)| {
        let unit = facts.iter().find(|(f, _)| *f == format!("unit.{k}")).map_or(String::new(), |(_, u)| u.clone());
        (k.clone(), unit, rows.iter().map(|r| r[i]).collect())
    }).collect();
    let inputs = stand.inputs();
    let drawn: Vec<Vec<f64>> = rows.iter().map(|r| stand.drawn(r[0] as u64)).collect();
    for (i, input) in inputs.iter().enumerate() {
        columns.push((format!("input.{}", input.key), input.unit.to_string(), drawn.iter().map(|d| d[i]).collect()));
    }
    let mut keep: Vec<(&str, String)> = facts.iter().filter(|(k, _)| !k.starts_with("unit.") && k != "ARROW:schema").map(|(k, v)| (k.as_str(), v.clone())).collect();
    keep.push(("frigoris.version", "0.1.0".into()));
    keep.push(("frigoris.fly", "frigoris fly m2-resilient-same-sensors --seed 60612".into()));
    let columns: Vec<_> = columns.iter().map(|(k, u, v)| (k.as_str(), u.as_str(), &v[..])).collect();
    std::fs::create_dir_all("/tmp/rp/d").unwrap();
    rig::parquet_file::write(Path::new("/tmp/rp/d/campaign.parquet"), &columns, &keep).unwrap();
    let t = std::time::Instant::now();
    crate::report::make(Path::new("/tmp/rp/d")).unwrap();
    println!("{:?} {} inputs", t.elapsed(), inputs.len());
}
