#!/bin/bash
# Shards from photos, on several machines with Ray; one machine without it gives the same bytes.
#
#     sbatch --nodes=4 scripts/slurm/data.sh photos.csv data/shards
#
#SBATCH --job-name=landmarkdiff-data
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=32G
#SBATCH --time=04:00:00
#SBATCH --output=landmarkdiff-data-%j.log
set -eu

photos=${1:?name the list of photos and the folder of the shards}
out=${2:?name the folder of the shards}
program=${LANDMARKDIFF:-landmarkdiff}
export OMP_NUM_THREADS=1

if [ "${SLURM_JOB_NUM_NODES:-1}" -eq 1 ]; then
    exec $program data make "$photos" --out "$out" --workers "${SLURM_CPUS_PER_TASK:-1}"
fi
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=$((20000 + SLURM_JOB_ID % 20000))
# Starts Ray on every machine, the command on the first, and ends Ray with it.
srun --ntasks="$SLURM_JOB_NUM_NODES" ray symmetric-run --address "$head:$port" \
    --min-nodes "$SLURM_JOB_NUM_NODES" --num-cpus "${SLURM_CPUS_PER_TASK:-1}" -- \
    $program data make "$photos" --out "$out" --ray
