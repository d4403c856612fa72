-- One row per landing file of logs whose current parts do not come to the rows that landed; `adapter` reads the verdicts.
select landing_file
from landing_files
left join parts using (landing_file, version)
where landing_files.adapter <> $adapter
group by landing_file
having coalesce(sum(parts.landed_count), 0) <> landing_files.landed_count
order by landing_file
