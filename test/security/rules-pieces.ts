import type { Rule } from './rules.ts'

/** What the rules of security mean for documents of piece types. */
export const pieceRules: readonly Rule[] = [
  {
    says: 'Documents: who sees and writes which follows from rank, type, visibility and mode, and a credential that is cut writes nothing',
    proven: {
      'apis/apostrophe/pieces-matrix.test.ts': [
        'of published documents, in a list and by id',
        'of drafts, by the query and by the id',
        'is what the roles of the type allow, and nothing else changes anything',
        'an unknown document is 404, whatever is done with it',
        'a credential that may only read writes nothing, whatever its rank',
      ],
    },
  },
  {
    says: 'Documents: what is not projected does not come out, and no question is answered by it',
    proven: {
      'apis/apostrophe/pieces-projection.test.ts': [
        'gets the projected members and those that are always there, and nothing else',
        'is told of related documents only what they would see of each, and of others not even the id',
        'finds by related documents only those that they see',
        'a filter, an order, a count or values of it are refused with one answer, whatever the value is',
        'the refusal comes before any value is read',
        'a search looks through what is projected only',
        'two sites that differ in what is hidden only answer alike to whatever is asked',
        'who sees whole documents and writes none is not told of related ones that are not for them',
        'what was put away is for those who see drafts, and is no question of others',
      ],
      'apis/apostrophe/pieces-read.test.ts': ['says the mode and the sharing as the address does'],
      'core/piece-projection.test.ts': [
        'is projected, or always there; every value is one that went in at that place',
        'what may be asked about is what is shown as a whole',
      ],
      'core/piece-query.test.ts': ['the query of those who see the projection names nothing but what it covers'],
    },
  },
  {
    says: 'Documents: nobody in particular asks only so often what no index answers, and a file that is made to break is refused',
    proven: {
      'apis/apostrophe/pieces-projection.test.ts': [
        'an address asks only so often what no index answers; contributors, and plain lists, are not counted',
      ],
      'core/piece-cost.test.ts': [
        'what an index answers costs nothing',
        'what reads all documents of a type is counted, and each list of values besides',
      ],
      'store/documents.test.ts': ['a list that is filtered and sorted as declared is read from its index'],
      'server/piece-file.test.ts': [
        'bytes that are no UTF-8 are refused by their line, and not replaced',
        'whatever the bytes are, there are documents or problems, and no failure',
        'a file that is too large is not read',
      ],
      'cli/pieces.test.ts': ['of what is made to break it says what is wrong, and keeps nothing'],
    },
  },
  {
    says: 'Documents: dotted paths that reach the machine are refused everywhere, and addresses are http or https',
    proven: {
      'core/dot-path.test.ts': [
        'whatever is parsed comes back when it is joined, and holds no quote, operator or name of the machine',
      ],
      'core/piece-patch.test.ts': [
        'whatever comes as a patch, fields that it does not begin with stay, and no object of the machine changes',
      ],
      'apis/apostrophe/pieces-write.test.ts': [
        'refuses operators, paths that lead nowhere, and the names of the machine',
        'takes http and https addresses only',
      ],
      'config/pieces.test.ts': [
        'what is wrong with a type is named',
        'what is wrong with a field is named',
        'what is wrong with a projection or a url is named with its type',
      ],
      'store/documents.test.ts': ['a path or a type that is more than names reaches no statement'],
    },
  },
  {
    says: 'Documents: no member of a body sets what the server sets, every change is audited, and documents go with their owner',
    proven: {
      'apis/apostrophe/pieces-write.test.ts': [
        'takes no member that the server sets, and passes over what is no field',
        'every change is in the audit log, with type and id and nothing of the content',
        'is said to editors, and they go with the account; what others changed of them does not stay',
      ],
      'store/documents.test.ts': [
        'the documents of a deleted user go, and what they changed of others stays without their name',
      ],
    },
  },
  {
    says: 'Documents: forged calls change nothing, and nothing that is asked or written makes the server fail',
    proven: {
      'apis/apostrophe/pieces-write.test.ts': [
        'without the CSRF cookie are refused before anything is looked up',
        'with a session need it too, and a page elsewhere gets nowhere',
        'nothing that is written makes the server fail, and the document can be read after whatever it took',
      ],
      'apis/apostrophe/pieces-projection.test.ts': ['nothing that is asked makes the server fail'],
    },
  },
]
