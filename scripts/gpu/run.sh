#!/usr/bin/env bash
# Checks and benchmarks the kernels on a GPU, in one command and under ten minutes: checks, checks under
# compute-sanitizer, benchmarks, and benchmarks of PyTorch. Joins all results into gpu.json. A failed step does not stop
# the script, but then it exits with 1.
#
#   run.sh [--without-sanitizer] [--peers-arguments 'ARGUMENTS of peers/frac_connections.py']
#
# Results, rows and a log of each step are written to $OUT, default the current folder. FRAC_PYTHON is a Python with
# PyTorch, default python3.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(mkdir -p "${OUT:-.}" && cd "${OUT:-.}" && pwd)
rows=$out/gpu_rows
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
end=580 # seconds, of all steps together
python=${FRAC_PYTHON:-python3}
sanitizer_wanted=1
peers_arguments=''
while (($#)); do
  case $1 in
    --without-sanitizer) sanitizer_wanted=0 ;;
    --peers-arguments) peers_arguments=${2?} && shift ;;
    *) echo "run.sh: unknown argument $1" >&2 && exit 2 ;;
  esac
  shift
done
rm -rf "$rows" "$out"/{check,sanitizer,bench,peers}.log "$out/gpu.json"
mkdir -p "$rows"
: >"$rows/steps"
export PYTHONUNBUFFERED=1 TORCHINDUCTOR_CACHE_DIR="$scratch/inductor" TRITON_CACHE_DIR="$scratch/triton"
# With TF32 PyTorch would be faster but compute less precisely than float32.
export NVIDIA_TF32_OVERRIDE=0

# step NAME LOG SECONDS COMMAND...: runs a step, appends to the log, and prints the result. No step runs past $end.
step() {
  local name=$1 log=$out/$2.log limit=$3 start=$SECONDS status
  shift 3
  ((limit <= end - SECONDS)) || limit=$((end > SECONDS ? end - SECONDS : 1))
  printf '\n== %s: %s\n' "$name" "$*" >>"$log"
  timeout -k 5 "$limit" "$@" >>"$log" 2>&1
  status=$?
  printf '%s %d %d\n' "$name" "$status" $((SECONDS - start)) >>"$rows/steps"
  printf '%-14s %s after %d s\n' "$name" "$( ((status == 0)) && echo passed || echo "FAILED ($status)")" $((SECONDS - start))
  ((status == 0)) || tail -n 15 "$log"
}

# Finds compute-sanitizer on PATH, in a CUDA toolkit, or in a Python package.
find_sanitizer() {
  local site each
  command -v compute-sanitizer && return
  site=$("$python" -c 'import site, sys; print(*site.getsitepackages(), site.getusersitepackages(), sep="\n")')
  for each in "${CUDA_HOME:-/usr/local/cuda}" /usr/local/cuda* /opt/cuda* /opt/nvidia/*; do
    for each in "$each/bin/compute-sanitizer" "$each/compute-sanitizer/compute-sanitizer" "$each/compute-sanitizer"; do
      [[ -f $each && -x $each ]] && echo "$each" && return
    done
  done
  while read -r folder; do
    for each in "$folder"/nvidia/*/bin/compute-sanitizer "$folder"/nvidia/*/compute-sanitizer/compute-sanitizer; do
      [[ -f $each && -x $each ]] && echo "$each" && return
    done
  done <<<"$site"
  return 1
}

step check check 100 "$here/frac_cuda_tests" check "$here/cases.txt"
step peers-check peers 60 "$python" "$here/peers/frac_connections.py" --check "$here/cases.txt"

if ((sanitizer_wanted)); then
  if sanitizer=$(find_sanitizer); then
    for tool in memcheck racecheck initcheck; do
      step "$tool" sanitizer 60 "$sanitizer" --tool "$tool" --error-exitcode 9 "$here/frac_cuda_tests" check --small
    done
  else
    step sanitizer sanitizer 1 sh -c 'echo "compute-sanitizer not found on PATH, in a CUDA toolkit or in a Python package" >&2; exit 127'
  fi
else
  echo 'sanitizer      left out, as asked' | tee -a "$out/sanitizer.log"
fi

step bench bench 80 "$here/frac_cuda_tests" bench --rows "$rows/bench.jsonl"
# The program stops by itself after this time, at the end of its current setting.
left=$((end - SECONDS - 30))
left=$((left > 160 ? 160 : left > 1 ? left : 1))
# shellcheck disable=SC2086
step peers peers 190 "$python" "$here/peers/frac_connections.py" --rows "$rows/peers.jsonl" --seconds "$left" $peers_arguments
"$python" "$here/join.py" "$here/meta.json" "$rows" "$out/gpu.json"
