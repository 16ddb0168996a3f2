//! Window functions.

use super::Writer;
use crate::query::select::Select;
use crate::query::{Query, Window};

impl Writer<'_> {
    pub(super) fn window(&mut self, input: &Query, functions: &[Window]) -> Option<Select> {
        let input = self.select(input)?;
        let mut select = if input.is_open() { input } else { self.wrap(input) };
        let written = functions.iter().map(|function| self.window_function(function, &select.columns)).collect::<Option<Vec<_>>>()?;
        select.columns.extend(written);
        // An order of the input is none of the rows that leave here.
        Some(Select { order: Vec::new(), windows: true, plain: false, ..select })
    }

    fn window_function(&mut self, window: &Window, columns: &[String]) -> Option<String> {
        let written: Vec<String> = window.arguments.iter().map(|argument| self.value(argument, columns)).collect::<Option<_>>()?;
        let mut partition = Vec::with_capacity(window.partition.len());
        for key in &window.partition {
            let written = self.value(key, columns)?;
            partition.push(self.dialect.group_key(&key.data_type, &written)?);
        }
        let mut order = Vec::with_capacity(window.order.len());
        for key in &window.order {
            let value = self.value(&key.expression, columns)?;
            // Which rows are peers is a question of equality.
            self.dialect.group_key(&key.expression.data_type, &value)?;
            order.push(self.dialect.sort_key(key, &value)?);
        }
        let mut parts = Vec::new();
        if !partition.is_empty() {
            parts.push(format!("PARTITION BY {}", partition.join(", ")));
        }
        if !order.is_empty() {
            parts.push(format!("ORDER BY {}", order.join(", ")));
        }
        parts.extend(window.frame.map(|frame| frame.text()));
        let over = format!(" OVER ({})", parts.join(" "));
        self.dialect.window(window.function, &window.arguments, &written, &over, &window.data_type)
    }
}
