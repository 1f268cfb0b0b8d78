using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ClemReg.Algorithms.Tests;

/// <summary>The runs of the kernels at lower instruction-set levels are worth nothing if the level is not really off.</summary>
public sealed class InstructionSetTests
{
    private static bool Off(string name) => Environment.GetEnvironmentVariable(name) == "0";

    [Fact]
    [Trait("Category", "Kernel")]
    public void What_the_environment_switches_off_is_off()
    {
        bool scalar = Off("DOTNET_EnableHWIntrinsic");
        bool narrow = scalar || Off("DOTNET_EnableAVX2");
        if (narrow || Off("DOTNET_EnableAVX512")) Assert.False(Vector512.IsHardwareAccelerated || Avx512F.IsSupported);
        if (narrow)
        {
            Assert.False(Avx2.IsSupported);
            Assert.True(Vector<float>.Count <= 4);
        }
        if (scalar) Assert.False(Vector.IsHardwareAccelerated || Vector128.IsHardwareAccelerated);
    }
}
