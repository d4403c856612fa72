-- One row per line that did not land and is not ignored, cut after `longest` characters.
select lines.file_index, lines.line, left(lines.raw, $longest) as raw
from lines
semi join (
    from landed_rows where fault is not null and fault not in ({ignored})
) as faults
    on lines.file_index = faults.file_index and lines.line = faults.landing_line
