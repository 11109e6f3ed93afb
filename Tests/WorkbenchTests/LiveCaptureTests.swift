import Foundation
import Testing

/// Live capture, on the loopback interface of a network namespace that the test makes for itself.
struct LiveCaptureTests {
  private static let canIsolate: Bool = {
    guard geteuid() == 0, Program.areInstalled("unshare", "bash", "timeout") else { return false }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = ["-n", "-m", "-p", "-f", "--mount-proc", "true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()
  private static let canServe =
    canIsolate && FileManager.default.isExecutableFile(atPath: "/usr/sbin/rpcbind")
    && FileManager.default.isExecutableFile(atPath: "/usr/sbin/rpcinfo")

  private static let canScan = canIsolate && FileManager.default.isExecutableFile(atPath: "/usr/bin/nmap")

  /// Runs a script in namespaces of its own, where `watchfloor` is the program and `begun` waits until it captures; what
  /// it writes on its output is the report. All that it started ends with it.
  private func isolated(_ script: String) async throws -> Program.Result {
    let opening = """
      set -eu
      PATH=$PATH:/usr/sbin:/sbin
      mount -t tmpfs tmpfs /run
      mkdir -p /run/rpcbind
      ip link set lo up
      begun() { for try in {1..300}; do grep -q capturing /run/said 2> /dev/null && return; sleep 0.1; done; exit 9; }
      watchfloor() { timeout --foreground 40 "$WATCHFLOOR" "$@" 2> >(tee /run/said >&2); }

      """
    return try await Program.run(
      ["-n", "-m", "-p", "-f", "--mount-proc", "--kill-child", "bash", "-c", opening + script],
      executable: "/usr/bin/unshare",
      environment: ["WATCHFLOOR": Program.path])
  }

  @Test(
    "calls to a real portmapper are read from the interface, and evidence beside it",
    .enabled(if: canServe, "needs root, unshare, rpcbind and rpcinfo"))
  func portmapper() async throws {
    let report = try await isolated(
      """
      rpcbind -w -f >&2 & daemon=$!
      sleep 1
      watchfloor analyze --interface lo --for 3s --format json --as-of 2000-01-06 Examples/y2k-watch & run=$!
      begun
      for try in 1 2 3; do rpcinfo -p 127.0.0.1 > /dev/null; done
      wait $run
      kill $daemon
      """)
    #expect(report.status == 0, "\(report.errorText)")
    let json = try report.json()
    let input = try #require(json["inputs"].items.first { $0["format"].text == "live" })
    let records = try #require(input["records"].number)
    #expect(records > 20)
    #expect(input["understood"].number == records)
    #expect(try #require(input["received"].number) >= records)
    #expect(input["dropped"].number == 0)
    #expect(json["inputs"].items.count > 1)
    let dumps = json["rpc"].items.filter { $0["procedure_name"].text == "dump" }
    #expect(dumps.compactMap { $0["calls"].number }.reduce(0, +) == 3)
    #expect(dumps.compactMap { $0["replies"].number }.reduce(0, +) == 3)
    // The loopback interface computes no checksums.
    let kinds = json["oddities"].items.compactMap { $0["kind"].text }
    #expect(kinds.contains("checksum_offloaded") && !kinds.contains("checksum_wrong"))
  }

  @Test(
    "a signal ends the capture and not the analysis, and the filter holds",
    .enabled(if: canIsolate, "needs root and unshare"), arguments: ["INT", "TERM"])
  func signal(_ name: String) async throws {
    let report = try await isolated(
      """
      "$WATCHFLOOR" analyze --interface lo --filter 'udp port 111' --format json 2> /run/said & run=$!
      begun
      for port in 110 111 112; do echo hello > /dev/udp/127.0.0.1/$port || true; done
      sleep 0.3
      kill -\(name) $run
      wait $run
      """)
    #expect(report.status == 0, "\(report.errorText)")
    let input = try #require(try report.json()["inputs"].items.first)
    #expect(input["format"].text == "live")
    #expect(input["records"].number == 1)
  }

  @Test("what cannot be captured is said before anything is read")
  func refused() async throws {
    let absent = try await Program.run(["analyze", "--interface", "nosuch0", "--for", "1s"])
    #expect(absent.status == 2)
    #expect(absent.errorText.contains("--interface nosuch0: cannot be opened: "))
    for arguments in [
      ["--for", "1s", "Examples"], ["--filter", "tcp", "Examples"], ["--interface", "lo", "--interface", "lo"],
      ["--interface", "lo", "--for", "0s"], ["--interface", "lo", "--for", "5d"],
      ["--interface", "lo", "--for", "-1s"],
      ["--interface", "lo", "--for", "99999999999999999999"],
    ] {
      let result = try await Program.run(["analyze"] + arguments)
      #expect(result.status != 0 && result.output.isEmpty, "\(arguments)")
    }
  }

  @Test(
    "a filter that is none is refused in libpcap's words", .enabled(if: canIsolate, "needs root and unshare"))
  func badFilter() async throws {
    let result = try await isolated(#""$WATCHFLOOR" analyze --interface lo --filter 'prot 111' --for 1s"#)
    #expect(result.status == 2)
    #expect(result.errorText.contains("watchfloor: --filter: ") && result.errorText.contains("syntax error"))
  }

  @Test(
    "nmap's scans without SYN are told by their kind", .enabled(if: canScan, "needs root, unshare and nmap"),
    arguments: [("-sF", "FIN"), ("-sN", "NULL"), ("-sX", "Xmas")], ["20-30", "1-200"])
  func scans(_ kind: (option: String, name: String), _ ports: String) async throws {
    let report = try await isolated(
      """
      ip addr add 192.0.2.10/32 dev lo
      watchfloor analyze --interface lo --for 3s --format json --no-checksums & run=$!
      begun
      nmap -n -Pn \(kind.option) -p \(ports) 192.0.2.10 >&2
      wait $run
      """)
    #expect(report.status == 0, "\(report.errorText)")
    let incident = try #require(try report.json()["incidents"].items.first)
    #expect(incident["title"].text?.hasPrefix("\(kind.name) scan") == true)
    #expect(incident["patterns"].items.compactMap(\.text).contains("\(kind.name) scan of TCP ports"))
    #expect(!incident["patterns"].items.compactMap(\.text).contains("TCP port scan"))
  }
}
