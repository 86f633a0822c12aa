#!/bin/sh
# Speaks the sentences below and writes them as 8 kHz mono 16-bit WAV files beside this script.
# Needs espeak-ng and sox (Debian: apt install espeak-ng sox). The same versions give the same files.
#
# Each file is brought to -18 dBm0 over its active part: pauses are cut from a copy, and that copy is
# measured. 0 dBm0 is a sine 3.14 dB below full scale (ITU-T G.711), and sox puts a full-scale sine at
# -3.01 dB RMS, so -18 dBm0 is -18 - 3.14 - 3.01 dB for sox.
set -eu
cd "$(dirname "$0")"
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
want=-24.15

# name | espeak-ng voice | pitch 0..99 | words a minute | sentence
# espeak-ng knows no kanji, so Japanese is in kana, with the particles spelt as they sound.
while IFS='|' read -r name voice pitch speed text; do
    [ -n "$name" ] || continue
    espeak-ng -v "$voice" -p "$pitch" -s "$speed" -w "$work/spoken.wav" "$text"
    # telephone band, silence off both ends, room left for the gain that follows
    sox -R "$work/spoken.wav" -b 16 -c 1 "$work/band.wav" gain -6 rate 8000 sinc 300-3400 \
        silence 1 0.02 0.5% reverse silence 1 0.02 0.5% reverse
    sox -R "$work/band.wav" "$work/active.wav" silence 1 0.02 1% -1 0.1 1%
    level=$(sox "$work/active.wav" -n stats 2>&1 | awk '/^RMS lev dB/ { print $4 }')
    gain=$(awk "BEGIN { print $want - ($level) }")
    sox -R "$work/band.wav" -b 16 "$name.wav" gain "$gain" pad 0.05 0.05
done <<'TABLE'
ko_notice|ko+f3|45|165|보다 나은 민원 서비스와 직원 보호를 위해 통화 내용이 녹음됩니다.
ko_greet|ko+f2|55|180|감사합니다. 민원여권과입니다. 무엇을 도와드릴까요?
ko_far_1|ko+m3|35|185|거주자 우선 주차 허가증을 새로 받고 싶은데요.
ko_near_1|ko+f2|55|180|네, 차량 등록증과 신분증을 가지고 오시면 됩니다.
ko_far_2|ko+m3|35|185|대형 폐기물 스티커는 어디에서 사나요?
ko_near_2|ko+f2|55|180|가까운 편의점이나 주민센터에서 사실 수 있습니다.
ko_far_3|ko+m3|35|185|가족관계증명서는 인터넷으로도 뗄 수 있습니까?
ko_near_3|ko+f2|55|180|네, 공동 인증서가 있으시면 무료로 발급됩니다.
ko_far_4|ko+m3|35|185|점심시간에도 문을 여나요?
ko_near_4|ko+f2|55|180|열두 시부터 한 시까지는 무인 발급기를 이용해 주세요.
ko_far_5|ko+m3|35|185|옆집 공사 소리가 너무 시끄럽습니다.
ko_near_5|ko+f2|55|180|불편을 드려 죄송합니다. 주소를 말씀해 주시겠습니까?
ja_notice|ja+f3|45|165|このつうわわ、せつぐうのこうじょうおよびぎょうむの、てきせいなしっこうのため、ろくおんさせていただきます。
ja_greet|ja+m1|45|175|おでんわありがとうございます。しみんかでございます。
ja_far_1|ja+f4|60|180|ちゅうしゃきょかしょおもうしこみたいのですが。
ja_near_1|ja+m1|45|175|しゃけんしょうとめんきょしょうおおもちください。
ja_far_2|ja+f4|60|180|そだいごみのしーるわ、どこでかえますか。
ja_near_2|ja+m1|45|175|しやくしょのほか、こんびにえんすでもおもとめになれます。
ja_far_3|ja+f4|60|180|こせきとうほんおゆうびんでおくってもらえますか。
ja_near_3|ja+m1|45|175|はい、せいきゅうしょとてすうりょうおおおくりください。
ja_far_4|ja+f4|60|180|どようびもまどぐちわあいていますか。
ja_near_4|ja+m1|45|175|だいにどようびのごぜんちゅうだけあいております。
ja_far_5|ja+f4|60|180|となりのあきやのくさがのびていて、こまっています。
ja_near_5|ja+m1|45|175|たんとうかにおつなぎします。しょうしょうおまちください。
en_greet|en-us+f3|50|170|City hall, citizens' desk. How may I help you?
en_far_1|en-gb+m4|40|170|I would like to renew my parking permit.
en_near_1|en-us+f3|50|170|Please bring your registration and a photo card.
en_far_2|en-gb+m4|40|170|Where can I buy a waste sticker for an old sofa?
en_near_2|en-us+f3|50|170|Any convenience store in the city sells them.
en_far_3|en-gb+m4|40|170|Do you issue the family register in English?
en_near_3|en-us+f3|50|170|We do, and it takes about three working days.
en_far_4|en-gb+m4|40|170|How late is the counter open on Friday?
en_near_4|en-us+f3|50|170|Until six o'clock, and the machine until nine.
en_far_5|en-gb+m4|40|170|The street light in front of my house is broken.
en_near_5|en-us+f3|50|170|Thank you for telling us. May I have the address?
TABLE
