import type { Rule } from './rules.ts'

/** What the rules of security mean for pictures. */
export const photoRules: readonly Rule[] = [
  {
    says: 'Photos: nobody sees more than what is their own or public, and what there is beyond that is not told',
    proven: {
      'apis/librephotos/media.test.ts': [
        '… asking for what is … gets …, from every folder and in every way',
        'somebody else’s photo, an unknown one and a hash that is none are told apart by nothing',
        'pictures of an account that is closed are not shown, though they are public',
      ],
      'apis/librephotos/photos.test.ts': [
        'holds the caller’s own, newest first, whoever asks and however',
        'holds what is public where nobody in particular asks, without the paths of files',
      ],
      'core/photo-folders.test.ts': [
        'a user of the name of a folder gets nothing of it',
        'what is indexed follows at once when a folder is shown, hidden, given to another, or taken back',
      ],
    },
  },
  {
    says: 'Photos: the jwt cookie counts for GET and HEAD under /media, of its own door, with a proof of which page asks',
    proven: {
      'apis/librephotos/media.test.ts': [
        'counts for nothing but pictures, and only to look at them',
        'of another API is none, and neither is a private token in it',
        'that a page of another site has sent counts as none',
        'twice in a request is refused',
      ],
      'apis/librephotos/photos.test.ts': [
        'is refused with a credential that is not good, and passes the media cookie over',
      ],
    },
  },
  {
    says: 'Photos: raster types by their bytes, nothing in them runs, and what is public loses its place',
    proven: {
      'core/photo-scan.test.ts': ['what is no picture of ours is left out, whatever it is called, and said'],
      'server/photo-library.test.ts': ['the type is told by the bytes alone'],
      'server/photo-copies.test.ts': [
        'no copy says where, when or with what a picture was taken, nor what else the file held',
      ],
      'apis/librephotos/media-files.test.ts': [
        'is the file itself to its owner, and to others the picture alone',
        'is marked so that nothing in it runs, and nobody keeps it unasked',
      ],
    },
  },
  {
    says: 'Photos: the library has nothing to do with the data folder, no link leads out of it, decoding has bounds',
    proven: {
      'config/photos.test.ts': ['a library that is the data folder, in it or around it is refused by name'],
      'server/photos.test.ts': ['a library that leads into the data folder, or around it, by a link is refused'],
      'server/photo-library.test.ts': [
        'a file that went, changed, or has a link on its way is not opened',
        'nothing beyond the library is opened, whatever an index says',
      ],
      'server/photo-copies.test.ts': [
        'a picture that unfolds to more pixels than allowed is not decoded, even if it got into the index',
        'of what cannot be decoded nothing is made, and it is not tried again at once',
      ],
    },
  },
  {
    says: 'Photos: what was made of them goes with their user, or the user stays',
    proven: {
      'server/photo-copies.test.ts': [
        'copies go with the photo, with its place in the library, and with its user',
        'a copy that is being made while its user is removed is not left behind',
        'a user whose copies cannot be removed is not removed',
      ],
      'store/photos.test.ts': ['photos and folders go with their user, and nothing is indexed for one who is gone'],
    },
  },
]
