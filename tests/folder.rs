//! The folder of files that tests register as data source `depot`: plain tables, a schema, and a table partitioned by folders.

use std::path::Path;

const FILES: [(&str, &str); 6] = [
    ("rates.csv", "currency,rate,since\nEUR,1.0,2026-01-01\nCHF,0.94,2026-01-01\nSEK,11.2,2026-02-01\n"),
    ("sales/year=2025/month=1/part-0.csv", "sku,quantity\ntea-01,2\ncup-07,1\n"),
    ("sales/year=2025/month=2/part-0.csv", "sku,quantity\ntea-01,5\n"),
    ("sales/year=2026/month=1/part-0.csv", "sku,quantity\npot-03,1\n"),
    ("sales/year=2026/month=1/part-1.csv", "sku,quantity\ntea-01,3\n"),
    ("crm/visits.jsonl", "{\"id\": 1, \"page\": \"/\", \"seconds\": 1.5}\n{\"id\": 2, \"page\": \"/tea\", \"seconds\": null}\n"),
];

/// Makes the folder.
pub fn create(folder: &Path) {
    for (name, content) in FILES {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
        std::fs::write(file, content).expect("the file");
    }
}
