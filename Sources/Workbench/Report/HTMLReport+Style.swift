/// The style sheet: light and dark by the reader's choice, narrow and wide by the page, and paper.
extension HTMLReport {
  static let style: StaticString = """
    :root {
      --paper: #fbfaf6; --panel: #f3f1ea; --ink: #1d1c1a; --soft: #66625a; --line: #d9d5ca; --link: #1f4e79;
      --green: #2f7d4f; --yellow: #b98900; --orange: #c45a10; --red: #b3261e; --blue: #4a6fa5; --pale: #a9bcd8;
      --on: #ffffff;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #16171a; --panel: #1f2126; --ink: #e8e6e1; --soft: #a09c93; --line: #3a3c42; --link: #9cc3ea;
        --green: #58b37f; --yellow: #e0b53a; --orange: #f0904a; --red: #f2766c; --blue: #7fa3d6; --pale: #47597a;
        --on: #16171a;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body {
      margin: 0 auto; max-width: 62rem; padding: 1.5rem 1.25rem 3rem; background: var(--paper); color: var(--ink);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
      font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
    }
    h1, h2, h3, h4, p, ul, ol, dl, dd, table { margin: 0; padding: 0; }
    h1, h2 { font-family: Charter, "Iowan Old Style", Georgia, "Noto Serif", "DejaVu Serif", serif; line-height: 1.2; }
    h1 { font-size: clamp(1.6rem, 5vw, 2.4rem); font-weight: 600; letter-spacing: -.01em; }
    h2 { font-size: 1.3rem; font-weight: 600; }
    h3 { font-size: 1rem; font-weight: 600; }
    h4 { font-size: .75rem; font-weight: 600; color: var(--soft); letter-spacing: .06em; text-transform: uppercase;
      margin: 1.1rem 0 .3rem; }
    a { color: var(--link); }
    ul, ol { padding-left: 1.1rem; }
    li { margin: .2rem 0; }
    code { font: .8rem/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
    header { border-bottom: 3px solid var(--ink); padding-bottom: 1rem; }
    .brand { font-size: .75rem; letter-spacing: .18em; text-transform: uppercase; color: var(--soft); }
    .lead { margin-top: .4rem; color: var(--soft); }
    section { margin-top: 2.2rem; }
    section > h2 { border-bottom: 1px solid var(--line); padding-bottom: .35rem; margin-bottom: .7rem; }
    .note, .places, .facts, .count { color: var(--soft); font-size: .84rem; }
    .note { margin-bottom: .7rem; }
    ul.plain { list-style: none; padding-left: 0; }

    .condition { background: var(--panel); border-left: .6rem solid var(--line); padding: 1rem 1.2rem 1.1rem; }
    .condition h2 { border: 0; padding: 0; font-size: 1.2rem; }
    .condition strong { text-transform: uppercase; letter-spacing: .04em; font-size: 1.5rem; }
    .condition.green { border-color: var(--green); } .condition.green strong { color: var(--green); }
    .condition.yellow { border-color: var(--yellow); } .condition.yellow strong { color: var(--yellow); }
    .condition.orange { border-color: var(--orange); } .condition.orange strong { color: var(--orange); }
    .condition.red { border-color: var(--red); } .condition.red strong { color: var(--red); }
    .scales { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .8rem 1.6rem; }
    .scales li { font-size: .92rem; }

    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .8rem; margin-top: 1.4rem; }
    .figures div { display: flex; flex-direction: column-reverse; border-top: 1px solid var(--line); padding-top: .4rem; }
    .figures dt { color: var(--soft); font-size: .84rem; }
    .figures dd { font-size: 1.7rem; line-height: 1.2; font-weight: 600; }

    .chart { display: block; width: 100%; max-width: 38rem; height: auto; }
    .chart text { font-size: 8.5px; fill: var(--soft); }
    .chart .end { text-anchor: end; } .chart .middle { text-anchor: middle; }
    .axis { stroke: var(--line); } .hatch { fill: var(--line); } .gap { fill: url(#unknown); }
    rect.held, .key.held { fill: var(--blue); background: var(--blue); }
    rect.known, .key.known { fill: var(--pale); background: var(--pale); }
    rect.novel, .key.novel { fill: var(--orange); background: var(--orange); }
    rect.green, .key.green { fill: var(--green); background: var(--green); }
    rect.yellow, .key.yellow { fill: var(--yellow); background: var(--yellow); }
    rect.orange, .key.orange { fill: var(--orange); background: var(--orange); }
    rect.red, .key.red { fill: var(--red); background: var(--red); }
    .legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .84rem;
      color: var(--soft); margin: .5rem 0; }
    .key { display: inline-block; width: .8em; height: .8em; }

    .timeline { display: grid; gap: .35rem; }
    .row { display: grid; grid-template-columns: minmax(0, 1fr) 2.2rem minmax(0, 1fr); gap: .5rem; align-items: center; }
    .lanes { font-weight: 600; } .lanes span:first-child { text-align: right; }
    .lane { font-size: .84rem; padding: .3rem .55rem; background: var(--panel); border-radius: .25rem; }
    .lane.host { border-right: 3px solid var(--blue); } .lane.network { border-left: 3px solid var(--blue); }
    .lane.none { background: none; color: var(--soft); font-style: italic; }
    .row > .lane.none:first-child { text-align: right; }
    .time { font-weight: 600; white-space: nowrap; }
    .pair { display: block; color: var(--link); }
    .day { font-weight: 600; margin-top: .6rem; }
    .nothing { color: var(--soft); font-style: italic; margin-top: .6rem; }
    .rank { display: inline-flex; align-items: center; justify-content: center; min-width: 1.9rem; height: 1.9rem;
      padding: 0 .3rem; border-radius: 1rem; font-weight: 600; font-size: .84rem; color: var(--on); text-decoration: none; }
    .grave { background: var(--red); } .middling { background: var(--yellow); } .mild { background: var(--green); }

    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-size: .84rem; }
    table { overflow-wrap: normal; } th { white-space: nowrap; }
    th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0; }
    table.map { line-height: 1.2; }
    table.map td, table.map th { padding: 0 .2rem; border: 1px solid var(--line); text-align: center;
      vertical-align: middle; height: 1.6rem; font-weight: 400; }
    table.map thead th { border: 0; vertical-align: bottom; height: auto; padding: .2rem .1rem; }
    table.map thead td { border: 0; }
    table.map thead span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; text-align: left; }
    table.map tbody th { text-align: left; border: 0; white-space: nowrap; padding-right: .5rem; }
    table.map td { min-width: 1.5rem; }
    table.map small { color: var(--soft); }
    td.crashed, .key.crashed { background: var(--red); color: var(--on); }
    td.gave, .key.gave { background: var(--orange); color: var(--on); }
    td.open, .key.open { background: var(--pale); }
    td.turned, .key.turned { background: var(--green); color: var(--on); }

    summary { cursor: pointer; }
    section > details > summary h2 { display: inline; margin-right: .5rem; }
    .incident { border-top: 1px solid var(--line); padding: .6rem 0; break-inside: avoid-page; }
    .incident summary { display: flex; gap: .7rem; align-items: flex-start; list-style: none; }
    .incident summary::-webkit-details-marker { display: none; }
    .incident summary::after { content: "+"; margin-left: auto; color: var(--soft); font-size: 1.2rem; line-height: 1; }
    .incident[open] summary::after { content: "\\2212"; }
    .headline { display: block; } .headline .facts { display: block; }
    .derivation { margin: .2rem 0 .6rem 2.6rem; scroll-margin-top: 6rem; }
    .terms .value { font-weight: 600; }
    .terms th { font-weight: 400; }
    .sure { display: inline-block; font-size: .72rem; padding: 0 .45em; border: 1px solid var(--line); border-radius: .2rem;
      color: var(--soft); }
    .sure.certain { border-color: var(--green); color: var(--green); }
    .sure.likely { border-color: var(--blue); color: var(--blue); }
    .both { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .3rem .8rem; }
    .both code, .records code { display: block; background: var(--panel); padding: .25rem .5rem; }
    .records { padding-left: 1.4rem; }
    footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .6rem; color: var(--soft); font-size: .84rem; }

    @media (max-width: 34rem) {
      body { padding: 1rem .9rem 2rem; font-size: 15px; }
      .derivation { margin-left: 0; }
      .row { gap: .3rem; } .lane { padding: .25rem .35rem; font-size: .78rem; } .time { white-space: normal; }
      .condition { padding: .8rem .9rem; }
      table.map { font-size: .68rem; } table.map td { min-width: 1rem; } table.map td, table.map th { padding: 0; }
    }
    @page { size: A4; margin: 16mm 15mm; }
    @media print {
      :root {
        --paper: #fff; --panel: #f4f4f1; --ink: #000; --soft: #555; --line: #ccc; --link: #000; --on: #fff;
        --green: #2f7d4f; --yellow: #b98900; --orange: #c45a10; --red: #b3261e; --blue: #4a6fa5; --pale: #c3d0e4;
      }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      body { max-width: none; padding: 0; font-size: 9.5pt; }
      .wide { overflow: visible; }
      table.map { font-size: 7pt; }
      /* Paper cannot be unfolded. */
      details::details-content { content-visibility: visible; block-size: auto; }
      .incident summary::after { content: none; }
      h2, h3, h4, .day, .note, .lanes { break-after: avoid; }
      /* A grid's row goes to the next page as a whole. */
      .timeline, .scales { display: block; } .row { margin-bottom: 3pt; }
      table.map, .row, .both, .note, li, .figures { break-inside: avoid; }
      .incident { break-inside: auto; }
    }
    """
}
