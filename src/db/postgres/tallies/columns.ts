/** What rows of `tallies` add up to, under the names of a `Tally`. */

export const TALLY_SUMS = `sum(recipients) AS recipients, sum(delivered) AS delivered, sum(bounced) AS bounced,
  sum(complained) AS complained, sum(opened) AS opened, sum(clicked) AS clicked,
  sum(opened_by_machine) AS "openedByMachine", sum(clicked_by_machine) AS "clickedByMachine"`;
