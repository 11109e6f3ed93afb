import Evidence

/// NFSv4's COMPOUND (RFC 7530, section 15; RFC 5661, section 18; RFC 7862, section 15): a tag, a minor version, and
/// operations, each with a number and its arguments.
///
/// The walk goes on as long as the layouts are known; the names that it found are a lower bound.
enum CompoundReading {
  private struct Operation {
    var name: Bytes
    /// Nil where the walk ends, because the arguments' length is not told in a simple way.
    var items: [XDRItem]?
  }

  /// A message has no more; a longer list is somebody's joke.
  private static let operationCap = 64
  private static let nameLimit = 255
  /// A state id (RFC 7530, section 3.3.12), in words.
  private static let stateID = 4

  @_lifetime(reader: copy reader)
  static func read(_ reader: inout XDRReader, into reading: inout RPCArgumentReading) {
    guard reader.text() != nil, reader.word() != nil, let count = reader.word() else { return }
    for _ in 0..<min(Int(count), operationCap) {
      guard let number = reader.word() else { return }
      let operation = table[number]
      reading.note(operation: operation?.name ?? Bytes("op-\(number)"))
      if number == open {
        guard readOpen(&reader, into: &reading) else { return reader.skipToEnd() }
        continue
      }
      guard let items = operation?.items else { return reader.skipToEnd() }
      for item in items where reader.end == nil { reading.read(item, &reader) }
    }
    reader.skipToEnd()
  }

  private static let open: UInt32 = 18

  /// RFC 7530, section 16.16: how the file is opened, and its name if the claim is CLAIM_NULL.
  @_lifetime(reader: copy reader)
  private static func readOpen(_ reader: inout XDRReader, into reading: inout RPCArgumentReading) -> Bool {
    // Sequence number, access, deny, client id, owner.
    guard reader.skip(words: 5), reader.text() != nil, let how = reader.word() else { return false }
    if how == 1 {
      guard let mode = reader.word() else { return false }
      switch mode {
      case 0, 1: for item in attributes { reading.read(item, &reader) }
      case 2: _ = reader.skip(words: 2)
      case 3: for item in [.words(2)] + attributes { reading.read(item, &reader) }
      default: return false
      }
    }
    switch reader.word() {
    case 0: reading.read(.fileName(nameLimit), &reader)
    case 1: _ = reader.skip(words: 1)
    case 4, 6: break
    default: return false
    }
    return reader.end == nil
  }

  private static let attributes: [XDRItem] = [.bitmap, .opaque]
  private static let name = XDRItem.fileName(nameLimit)

  private static let table: [UInt32: Operation] = [
    3: Operation(name: "access", items: [.words(1)]), 4: Operation(name: "close", items: [.words(1 + stateID)]),
    5: Operation(name: "commit", items: [.words(3)]), 6: Operation(name: "create"),
    7: Operation(name: "delegpurge", items: [.words(2)]),
    8: Operation(name: "delegreturn", items: [.words(stateID)]), 9: Operation(name: "getattr", items: [.bitmap]),
    10: Operation(name: "getfh", items: []), 11: Operation(name: "link", items: [name]), 12: Operation(name: "lock"),
    13: Operation(name: "lockt", items: [.words(7), .opaque]),
    14: Operation(name: "locku", items: [.words(2 + stateID + 4)]), 15: Operation(name: "lookup", items: [name]),
    16: Operation(name: "lookupp", items: []), 17: Operation(name: "nverify", items: attributes),
    18: Operation(name: "open"), 19: Operation(name: "openattr", items: [.words(1)]),
    20: Operation(name: "open_confirm", items: [.words(stateID + 1)]),
    21: Operation(name: "open_downgrade", items: [.words(stateID + 3)]),
    22: Operation(name: "putfh", items: [.opaque]), 23: Operation(name: "putpubfh", items: []),
    24: Operation(name: "putrootfh", items: []), 25: Operation(name: "read", items: [.words(stateID + 3)]),
    26: Operation(name: "readdir", items: [.words(6), .bitmap]), 27: Operation(name: "readlink", items: []),
    28: Operation(name: "remove", items: [name]), 29: Operation(name: "rename", items: [name, name]),
    30: Operation(name: "renew", items: [.words(2)]), 31: Operation(name: "restorefh", items: []),
    32: Operation(name: "savefh", items: []), 33: Operation(name: "secinfo", items: [name]),
    34: Operation(name: "setattr", items: [.words(stateID)] + attributes),
    35: Operation(name: "setclientid", items: [.words(2), .opaque, .words(1), .opaque, .opaque, .words(1)]),
    36: Operation(name: "setclientid_confirm", items: [.words(4)]), 37: Operation(name: "verify", items: attributes),
    38: Operation(name: "write", items: [.words(stateID + 3), .opaque]),
    39: Operation(name: "release_lockowner", items: [.words(2), .opaque]),
    41: Operation(name: "bind_conn_to_session", items: [.words(6)]), 42: Operation(name: "exchange_id"),
    43: Operation(name: "create_session"), 44: Operation(name: "destroy_session", items: [.words(4)]),
    45: Operation(name: "free_stateid", items: [.words(stateID)]), 47: Operation(name: "getdeviceinfo"),
    49: Operation(name: "layoutcommit"), 50: Operation(name: "layoutget"), 51: Operation(name: "layoutreturn"),
    52: Operation(name: "secinfo_no_name", items: [.words(1)]), 53: Operation(name: "sequence", items: [.words(8)]),
    55: Operation(name: "test_stateid"), 57: Operation(name: "destroy_clientid", items: [.words(2)]),
    58: Operation(name: "reclaim_complete", items: [.words(1)]),
    59: Operation(name: "allocate", items: [.words(stateID + 4)]), 60: Operation(name: "copy"),
    62: Operation(name: "deallocate", items: [.words(stateID + 4)]), 69: Operation(name: "seek"),
  ]
}
