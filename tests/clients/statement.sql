SELECT c.name, o.amount, o.placed_on, s.ordered_at, o.paid, n.picture, p.tags, s.shipped_on, o.note
FROM sample.public.customers c
JOIN shop.main.orders o ON o.customer_id = c.id
JOIN sample.public.orders s ON s.id = o.id
JOIN sample.public.products p ON p.id = s.product_id
CROSS JOIN shop.main."Odd ""Names""" n
WHERE o.id = $1 AND n."a column" = 1
